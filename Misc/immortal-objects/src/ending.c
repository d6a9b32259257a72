/* How the end is noticed, and what the frames of other threads hold then. */

#include "core.h"

/* What is in the frames of threads that will never go on: at exit, and of
   threads that a fork has left behind.  The second array waits for the fork to
   be over.  Both own references: the threads run on until then. */
static objects held;
static objects forking;

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
    stop_world();
    (void)each_frame(PyThreadState_Get(), visit_all, array);
    start_world();
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

/* Add what is in frames that will never go on.  Return 0, or -1 without
   memory. */
int
add_held(objects *array)
{
    for (size_t i = 0; i < held.n; i++) {
        if (objects_push(array, held.items[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

bool
is_finalizing(void)
{
#if PY_VERSION_HEX >= 0x030d0000
    return Py_IsFinalizing();
#else
    return _Py_IsFinalizing();
#endif
}

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
ending_import(void)
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
ending_init(void)
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
