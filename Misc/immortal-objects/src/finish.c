/* The end of the process: what deallocation does for mortal objects.

   Immortal objects are not deallocated with the modules that hold them.  So
   that nothing is lost, their finalizers are called, and files are flushed and
   closed by theirs, when the interpreter begins to drop its modules: all of
   them are whole then, and no other thread runs any more.

   Owners come before what they own: a text file before its buffer, and this
   before the socket below it.  Files and sockets come last, for other
   finalizers may use them.  What the frames of threads hold that will never go
   on is left alone, as it is where nothing is immortal: those of daemon
   threads at exit, and in a forked process those of all threads that it does
   not have. */

#include "core.h"

/* What is in the frames of threads that will never go on: at exit, and of
   threads that a fork has left behind.  The second array waits for the fork to
   be over.  Both own references: the threads run on until then. */
static objects held;
static objects forking;
static bool is_over;

/* Types whose instances have a method to close them, which their deallocation
   does otherwise.  Those of the first have a finalizer, too, from 3.13 on. */
static const char *const closable[][2] = {
    {"_sqlite3", "Connection"}, {"_gdbm", "gdbm"}, {"_dbm", "dbm"},
};
static PyTypeObject *closable_types[Py_ARRAY_LENGTH(closable)];

/* A type of the module if that is loaded, or NULL; borrowed from the module,
   which is immortal or about to be dropped after this. */
PyTypeObject *
find_type(const char *module_name, const char *name)
{
    PyObject *modules = PyInterpreterState_Get()->imports.modules;
    PyObject *module = PyMapping_GetItemString(modules, module_name);
    PyObject *type = NULL;
    if (module != NULL && PyModule_Check(module)) {
        type = PyMapping_GetItemString(PyModule_GetDict(module), name);
    }
    Py_XDECREF(type);
    Py_XDECREF(module);
    PyErr_Clear();
    return type != NULL && PyType_Check(type) ? (PyTypeObject *)type : NULL;
}

/* Find these types among the modules that are loaded. */
void
finish_prepare(void)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(closable); i++) {
        PyTypeObject *type = find_type(closable[i][0], closable[i][1]);
        if (type != NULL) {
            closable_types[i] = type;
        }
    }
}

bool
is_closable(PyObject *op)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(closable); i++) {
        if (closable_types[i] != NULL
            && PyObject_TypeCheck(op, closable_types[i]))
        {
            return true;
        }
    }
    return false;
}

/* Is there something to be done for the object at the end? */
bool
needs_end(PyObject *op)
{
    return Py_TYPE(op)->tp_finalize != NULL || is_closable(op);
}

/* Return 0, or -1 without memory (no exception set). */
int
finish_note(PyObject *op)
{
    return objects_push(&core.finalizable, op);
}

static int
visit_hold(PyObject *op, void *arg)
{
    if (objects_push((objects *)arg, op) < 0) {
        return -1;
    }
    Py_INCREF(op);
    return 0;
}

static int
visit_all(_PyInterpreterFrame *frame, void *arg)
{
    return visit_frame(frame, visit_hold, arg);
}

static void
note_other_threads(objects *array)
{
    // Without memory, fewer objects are left alone.
    (void)each_frame(PyThreadState_Get(), visit_all, array);
}

/* Drop the references of the array, which is empty before the first goes. */
static void
let_go(objects *array)
{
    objects dropped = *array;
    memset(array, 0, sizeof(*array));
    for (size_t i = 0; i < dropped.n; i++) {
        Py_DECREF(dropped.items[i]);
    }
    objects_free(&dropped);
}


/* What owns what */

typedef struct {
    addresses seen;
    objects waiting;        /* an object, or NULL before one that is left */
    objects *found;
    const addresses *wanted;    /* NULL: all */
} search;

/* Whoever refers to these doesn't own them, and they lead everywhere. */
static bool
leads_away(PyObject *op)
{
    return PyType_Check(op) || PyModule_Check(op) || PyFunction_Check(op)
           || PyCode_Check(op) || PyFrame_Check(op) || !PyObject_IS_GC(op)
           || Py_TYPE(op)->tp_traverse == NULL;
}

static int
visit_owned(PyObject *op, void *arg)
{
    search *s = (search *)arg;
    if (leads_away(op) || addresses_have(&s->seen, op)) {
        return 0;
    }
    return objects_push(&s->waiting, op);
}

/* Go from an object to all that it owns, which is found before its owner. */
static int
search_from(search *s, PyObject *op)
{
    int err = visit_owned(op, s);
    while (err == 0 && s->waiting.n > 0) {
        op = s->waiting.items[--s->waiting.n];
        if (op == NULL) {
            op = s->waiting.items[--s->waiting.n];
            if (s->wanted == NULL || addresses_have(s->wanted, op)) {
                err = objects_push(s->found, op);
            }
            continue;
        }
        int new = addresses_add(&s->seen, op);
        if (new <= 0) {
            err = new;
            continue;
        }
        if (objects_push(&s->waiting, op) < 0
            || objects_push(&s->waiting, NULL) < 0)
        {
            return -1;
        }
        err = Py_TYPE(op)->tp_traverse(op, visit_owned, s);
    }
    return err;
}

static void
search_free(search *s)
{
    addresses_free(&s->seen);
    objects_free(&s->waiting);
}


/* Which objects */

/* Standard streams outlive the modules: the interpreter flushes them itself.
   */
static int
add_streams(objects *array)
{
    static const char *const names[] = {
        "stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__",
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        PyObject *stream = PySys_GetObject(names[i]);   // borrowed
        if (stream != NULL && stream != Py_None
            && objects_push(array, stream) < 0)
        {
            return -1;
        }
    }
    return 0;
}

/* Add all that the objects own, and they themselves, to the set. */
static int
add_owned(objects *roots, addresses *set)
{
    objects found = {0};
    search s = {.found = &found};
    int err = 0;
    for (size_t i = 0; i < roots->n && err == 0; i++) {
        err = search_from(&s, roots->items[i]);
    }
    objects_free(&found);
    objects_free(&s.waiting);
    *set = s.seen;
    return err;
}

/* Mortal objects that immortal ones have come to refer to: they are not freed
   either.  The references to a mortal object that no other mortal one and no
   namespace of a module holds are of these. */
typedef struct {
    PyObject **keys;
    Py_ssize_t *counts;
    size_t allocated;
} counts;

static Py_ssize_t *
count_of(counts *c, PyObject *op, bool add)
{
    size_t mask = c->allocated - 1;
    size_t i = ((uintptr_t)op >> 4) & mask;
    while (c->keys[i] != NULL && c->keys[i] != op) {
        i = (i + 1) & mask;
    }
    if (c->keys[i] == NULL) {
        if (!add) {
            return NULL;
        }
        c->keys[i] = op;
    }
    return &c->counts[i];
}

static int
visit_subtract(PyObject *op, void *arg)
{
    Py_ssize_t *count = count_of((counts *)arg, op, false);
    if (count != NULL) {
        --*count;
    }
    return 0;
}

static void
subtract_modules(counts *c)
{
    PyObject *modules = PyInterpreterState_Get()->imports.modules;
    if (modules == NULL || !PyDict_Check(modules)) {
        return;
    }
    Py_ssize_t pos = 0;
    PyObject *module;
    while (PyDict_Next(modules, &pos, NULL, &module)) {
        PyObject *namespace = NULL;
        if (PyModule_Check(module)) {
            namespace = PyModule_GetDict(module);
        }
        if (namespace != NULL && _Py_IsImmortal(namespace)) {
            (void)PyDict_Type.tp_traverse(namespace, visit_subtract, c);
        }
    }
}

static int
list_mortal(objects *array)
{
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    for (int i = 0; i < GENERATIONS; i++) {
        PyGC_Head *list = generation_head(gc, i);
        for (PyGC_Head *g = _PyGCHead_NEXT(list);
             g != list;
             g = _PyGCHead_NEXT(g))
        {
            PyObject *op = _Py_FROM_GC(g);
            if (!PyFrame_Check(op) && op != core.marker
                && objects_push(array, op) < 0)
            {
                return -1;
            }
        }
    }
    return 0;
}

static int
find_kept(objects *mortal, objects *roots)
{
    counts c = {.allocated = 1024};
    while (c.allocated < mortal->n * 2) {
        c.allocated *= 2;
    }
    c.keys = PyMem_RawCalloc(c.allocated, sizeof(*c.keys));
    c.counts = PyMem_RawCalloc(c.allocated, sizeof(*c.counts));
    int err = c.keys == NULL || c.counts == NULL ? -1 : 0;
    if (err == 0) {
        for (size_t i = 0; i < mortal->n; i++) {
            PyObject *op = mortal->items[i];
            *count_of(&c, op, true) = Py_REFCNT(op);
        }
        for (size_t i = 0; i < mortal->n; i++) {
            PyObject *op = mortal->items[i];
            (void)Py_TYPE(op)->tp_traverse(op, visit_subtract, &c);
        }
        subtract_modules(&c);
        for (size_t i = 0; i < mortal->n && err == 0; i++) {
            PyObject *op = mortal->items[i];
            if (*count_of(&c, op, false) > 0) {
                err = objects_push(roots, op);
            }
        }
    }
    PyMem_RawFree(c.keys);
    PyMem_RawFree(c.counts);
    return err;
}

/* Add the mortal objects with a finalizer that immortal ones keep, directly or
   by way of mortal ones. */
static int
add_kept(objects *finalizable)
{
    objects mortal = {0}, roots = {0};
    addresses kept = {0};
    int err = list_mortal(&mortal);
    if (err == 0) {
        err = find_kept(&mortal, &roots);
    }
    if (err == 0) {
        err = add_owned(&roots, &kept);
    }
    for (size_t i = 0; i < mortal.n && err == 0; i++) {
        PyObject *op = mortal.items[i];
        if (needs_end(op) && addresses_have(&kept, op)) {
            err = objects_push(finalizable, op);
        }
    }
    objects_free(&mortal);
    objects_free(&roots);
    addresses_free(&kept);
    return err;
}

static bool
got_finalizer(void)
{
    for (size_t i = 0; i < core.classes.n; i++) {
        if (((PyTypeObject *)core.classes.items[i])->tp_finalize != NULL) {
            return true;
        }
    }
    return false;
}

/* Add the objects of classes that got a finalizer when they were immortal. */
static int
add_late(objects *finalizable)
{
    if (!got_finalizer()) {
        return 0;
    }
    addresses known = {0};
    int err = 0;
    for (size_t i = 0; i < finalizable->n && err >= 0; i++) {
        err = addresses_add(&known, finalizable->items[i]);
    }
    for (PyGC_Head *g = _PyGCHead_NEXT(&core.immortal);
         g != &core.immortal && err >= 0;
         g = _PyGCHead_NEXT(g))
    {
        PyObject *op = _Py_FROM_GC(g);
        if (Py_TYPE(op)->tp_finalize != NULL && !addresses_have(&known, op)) {
            err = objects_push(finalizable, op);
        }
    }
    addresses_free(&known);
    return err < 0 ? -1 : 0;
}

/* Put owners in front of what they own, without what is to be left alone. */
static int
in_order(objects *finalizable, const addresses *left_alone, objects *ordered)
{
    addresses wanted = {0};
    objects found = {0};
    search s = {.found = &found, .wanted = &wanted};
    int err = 0;
    for (size_t i = 0; i < finalizable->n && err >= 0; i++) {
        PyObject *op = finalizable->items[i];
        if (addresses_have(left_alone, op)) {
            continue;
        }
        err = addresses_add(&wanted, op);
        if (err == 1 && leads_away(op)) {
            // No GC header, for example; it owns nothing that can be seen.
            err = objects_push(ordered, op);
        }
    }
    // What is found last comes first, and so in the order of the array.
    for (size_t i = finalizable->n; i > 0 && err >= 0; i--) {
        PyObject *op = finalizable->items[i - 1];
        if (addresses_have(&wanted, op)) {
            err = search_from(&s, op);
        }
    }
    for (size_t i = found.n; i > 0 && err >= 0; i--) {
        err = objects_push(ordered, found.items[i - 1]);
    }
    search_free(&s);
    addresses_free(&wanted);
    objects_free(&found);
    return err < 0 ? -1 : 0;
}


/* The calls */

static PyTypeObject *file_type;
static PyTypeObject *socket_type;

static bool
comes_last(PyObject *op)
{
    return is_closable(op)
           || (file_type != NULL && PyObject_TypeCheck(op, file_type))
           || (socket_type != NULL && PyObject_TypeCheck(op, socket_type));
}

/* Is it a generator whose frame is that of a greenlet or thread which never
   goes on?  Closing it would fail. */
static bool
is_executing(PyObject *op)
{
    return is_generator(op)
           && ((PyGenObject *)op)->gi_frame_state == FRAME_EXECUTING;
}

/* Close it as its deallocation does: in silence, and from any thread.  What is
   cleared are statements, which keep a database of SQLite open. */
static void
close_database(PyObject *op)
{
    if (Py_TYPE(op)->tp_finalize == NULL) {
        Py_XDECREF(PyObject_CallMethod(op, "close", NULL));
        // Of another thread's connection, in 3.12
        PyErr_Clear();
    }
    if (Py_TYPE(op)->tp_clear != NULL) {
        (void)Py_TYPE(op)->tp_clear(op);
    }
}

static void
finalize(objects *ordered, bool last)
{
    for (size_t i = 0; i < ordered->n; i++) {
        PyObject *op = ordered->items[i];
        if (comes_last(op) == last && !is_executing(op)) {
            if (Py_TYPE(op)->tp_finalize != NULL) {
                PyObject_CallFinalizer(op);
            }
            if (is_closable(op)) {
                close_database(op);
            }
            if (PyErr_Occurred()) {
                PyErr_WriteUnraisable(op);
            }
        }
    }
}

static void
finish(void)
{
    objects finalizable = {0}, ordered = {0}, alone = {0};
    addresses left_alone = {0};
    int err = 0;
    file_type = find_type("_io", "_IOBase");
    socket_type = find_type("_socket", "socket");
    for (size_t i = 0; i < core.finalizable.n && err == 0; i++) {
        err = objects_push(&finalizable, core.finalizable.items[i]);
    }
    for (size_t i = 0; i < held.n && err == 0; i++) {
        err = objects_push(&alone, held.items[i]);
    }
    if (err == 0) {
        err = add_late(&finalizable);
    }
    if (err == 0) {
        err = add_kept(&finalizable);
    }
    if (err == 0) {
        err = add_streams(&alone);
    }
    if (err == 0) {
        err = add_owned(&alone, &left_alone);
    }
    if (err == 0) {
        err = in_order(&finalizable, &left_alone, &ordered);
    }
    if (err < 0) {
        PyErr_NoMemory();
        PyErr_WriteUnraisable(NULL);
    }
    else {
        // A finalizer may free a mortal object that comes later.
        for (size_t i = 0; i < ordered.n; i++) {
            Py_INCREF(ordered.items[i]);
        }
        finalize(&ordered, false);
        finalize(&ordered, true);
        for (size_t i = 0; i < ordered.n; i++) {
            Py_DECREF(ordered.items[i]);
        }
    }
    objects_free(&finalizable);
    objects_free(&ordered);
    objects_free(&alone);
    addresses_free(&left_alone);
}

static bool
is_finalizing(void)
{
#if PY_VERSION_HEX >= 0x030d0000
    return Py_IsFinalizing();
#else
    return _Py_IsFinalizing();
#endif
}

/* Once, when the interpreter has begun to drop its modules */
static void
finish_once(void)
{
    if (is_over || !is_finalizing()) {
        return;
    }
    is_over = true;
    PyObject *exception = PyErr_GetRaisedException();
    finish();
    PyErr_SetRaisedException(exception);
}


/* How it is noticed */

static PyObject *
main_is_gone(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(reference))
{
    core.main = NULL;
    finish_once();
    Py_RETURN_NONE;
}

static PyObject *
at_exit(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    note_other_threads(&held);
    Py_RETURN_NONE;
}

static PyObject *
before_fork(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    let_go(&forking);
    note_other_threads(&forking);
    Py_RETURN_NONE;
}

static PyObject *
after_fork_in_parent(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    let_go(&forking);
    Py_RETURN_NONE;
}

static PyObject *
after_fork_in_child(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    for (size_t i = 0; i < forking.n; i++) {
        (void)objects_push(&held, forking.items[i]);
    }
    objects_free(&forking);
    Py_RETURN_NONE;
}

/* Functions of the standard library, imported with this module: a call doesn't
   import anything. */
static PyObject *module_spec;
static PyObject *register_exit;
static PyObject *register_fork;

static PyMethodDef main_is_gone_def = {"main_is_gone", main_is_gone, METH_O,
                                       NULL};
static PyMethodDef at_exit_def = {"at_exit", at_exit, METH_NOARGS, NULL};
static PyMethodDef before_fork_def = {"before_fork", before_fork, METH_NOARGS,
                                      NULL};
static PyMethodDef in_parent_def = {"after_fork_in_parent",
                                    after_fork_in_parent, METH_NOARGS, NULL};
static PyMethodDef in_child_def = {"after_fork_in_child",
                                   after_fork_in_child, METH_NOARGS, NULL};

static int add_end(void);

static void
end_is_gone(void *Py_UNUSED(module))
{
    static int times;
    core.end = NULL;
    if (is_finalizing()) {
        finish_once();
    }
    else if (times++ < 100) {
        // Somebody has emptied sys.modules.
        PyObject *exception = PyErr_GetRaisedException();
        if (add_end() < 0) {
            PyErr_WriteUnraisable(NULL);
        }
        PyErr_SetRaisedException(exception);
    }
}

#define END_NAME "immortal_objects._end"

static PyModuleDef end_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = END_NAME,
    .m_doc = "Its end tells immortal_objects that the interpreter ends.",
    .m_free = end_is_gone,
};

/* A module that nobody but sys.modules refers to */
static int
add_end(void)
{
    PyObject *spec = PyObject_CallFunction(module_spec, "sO", END_NAME,
                                           Py_None);
    if (spec == NULL) {
        return -1;
    }
    PyObject *end = PyModule_FromDefAndSpec(&end_def, spec);
    if (end == NULL || PyObject_SetAttrString(end, "__spec__", spec) < 0) {
        Py_DECREF(spec);
        Py_XDECREF(end);
        return -1;
    }
    Py_DECREF(spec);
    core.end = end;
    int err = PyDict_SetItemString(PyImport_GetModuleDict(), END_NAME, end);
    Py_DECREF(end);
    return err;
}

/* The module __main__ is dropped early, when all others are still in
   sys.modules.  Where nobody else refers to it, that is the moment. */
static int
watch_main(void)
{
    static PyObject *reference;
    PyObject *module = PyImport_AddModule("__main__");  // borrowed
    if (module == NULL || reference != NULL) {
        return module == NULL ? -1 : 0;
    }
    PyObject *callback = PyCFunction_New(&main_is_gone_def, NULL);
    if (callback != NULL) {
        reference = PyWeakref_NewRef(module, callback);
        Py_DECREF(callback);
    }
    if (reference == NULL) {
        return -1;
    }
    core.main = module;
    return 0;
}

/* Run the function at exit, behind all that the program has registered: no
   other thread runs from then on, for nothing gives the lock of the
   interpreter away. */
static int
register_at_exit(PyObject *function)
{
#if PY_VERSION_HEX >= 0x030e0000
    PyObject *callbacks = PyInterpreterState_Get()->atexit.callbacks;
    if (callbacks != NULL && PyList_CheckExact(callbacks)) {
        PyObject *args = PyTuple_New(0);
        PyObject *item = args == NULL ? NULL
                         : PyTuple_Pack(3, function, args, Py_None);
        Py_XDECREF(args);
        int err = item == NULL ? -1 : PyList_Append(callbacks, item);
        Py_XDECREF(item);
        return err;
    }
#endif
    PyObject *result = PyObject_CallOneArg(register_exit, function);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static int
register_at_fork(void)
{
    PyObject *names = Py_BuildValue("(sss)", "before", "after_in_parent",
                                    "after_in_child");
    PyObject *functions[] = {
        PyCFunction_New(&before_fork_def, NULL),
        PyCFunction_New(&in_parent_def, NULL),
        PyCFunction_New(&in_child_def, NULL),
    };
    PyObject *result = NULL;
    if (names != NULL && functions[0] != NULL && functions[1] != NULL
        && functions[2] != NULL)
    {
        result = PyObject_Vectorcall(register_fork, functions, 0, names);
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(functions); i++) {
        Py_XDECREF(functions[i]);
    }
    Py_XDECREF(names);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* What was done before memory ran out is not done once more. */
static int
register_all(void)
{
    static bool at_exit_is_registered;
    if ((core.end == NULL && add_end() < 0) || watch_main() < 0) {
        return -1;
    }
    if (!at_exit_is_registered) {
        PyObject *function = PyCFunction_New(&at_exit_def, NULL);
        int err = function == NULL ? -1 : register_at_exit(function);
        Py_XDECREF(function);
        if (err < 0) {
            return -1;
        }
        at_exit_is_registered = true;
    }
    return register_at_fork();
}

static PyObject *
import_name(const char *module_name, const char *name)
{
    PyObject *module = PyImport_ImportModule(module_name);
    if (module == NULL) {
        return NULL;
    }
    PyObject *found = PyObject_GetAttrString(module, name);
    Py_DECREF(module);
    return found;
}

/* Return 0, or -1 with an exception set. */
int
finish_import(void)
{
    module_spec = import_name("importlib.machinery", "ModuleSpec");
    register_exit = import_name("atexit", "register");
    register_fork = import_name("os", "register_at_fork");
    bool found = module_spec != NULL && register_exit != NULL
                 && register_fork != NULL;
    return found ? 0 : -1;
}

/* Return 0, or -1 with an exception set.  At the first call of either function
   */
int
finish_init(void)
{
    static bool done;
    if (done) {
        return 0;
    }
    done = true;
    if (register_all() < 0) {
        done = false;
        return -1;
    }
    return 0;
}
