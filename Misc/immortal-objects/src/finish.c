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
    if (err == 0) {
        err = add_held(&alone);
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

/* Once, when the interpreter has begun to drop its modules */
void
finish_once(void)
{
    static bool is_over;
    if (is_over || !is_finalizing()) {
        return;
    }
    is_over = true;
    PyObject *exception = PyErr_GetRaisedException();
    finish();
    PyErr_SetRaisedException(exception);
}
