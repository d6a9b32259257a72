/* Is this the interpreter that the extension was compiled for?

   Everything here rests on how the interpreter is made inside.  What can be
   seen is compared, and one object is made immortal to see that it is taken
   for one.  What doesn't fit is refused: a guess could crash a program that
   works. */

#include "core.h"

#include <stdio.h>

static char reason[200];

static const char *
wrong_version(void)
{
    unsigned long running = Py_Version >> 16;
    if (running != (unsigned long)PY_VERSION_HEX >> 16) {
        snprintf(reason, sizeof(reason),
                 "it was compiled for CPython %d.%d, and this is %lu.%lu",
                 PY_MAJOR_VERSION, PY_MINOR_VERSION, running >> 8,
                 running & 0xff);
        return reason;
    }
#if PY_VERSION_HEX >= 0x030e0000 && PY_VERSION_HEX < 0x030f0000
    if (Py_Version < 0x030e05f0) {
        return "CPython 3.14.0 to 3.14.4 have another collector: take "
               "3.14.5 or later";
    }
#endif
    if ((Py_Version >> 4 & 0xf) < 0xb) {
        return "it is an alpha release of CPython";
    }
    return NULL;
}

static const char *
wrong_build(void)
{
#if defined(Py_DEBUG) || defined(Py_TRACE_REFS) || defined(Py_REF_DEBUG)
    return "debug builds of CPython assert that only they make strings "
           "immortal";
#endif
#if defined(Py_STACKREF_DEBUG)
    return "it is a build of CPython that checks its stack references";
#endif
    // The one that runs; its macros are those of the one compiled for.
    if (PySys_GetObject("gettotalrefcount") != NULL) {
        return "debug builds of CPython assert that only they make strings "
               "immortal";
    }
    if (PySys_GetObject("getobjects") != NULL) {
        return "it is a build of CPython that lists all objects";
    }
    return NULL;
}

/* Fields of the interpreter's state lie where the headers say, if these values
   are what the interpreter's own functions know. */
static const char *
wrong_layout(void)
{
    static const char text[] = "its internals are laid out in another way";
    PyInterpreterState *interp = PyInterpreterState_Get();
    PyObject *builtins = PyEval_GetBuiltins();
    PyObject *modules = PyImport_GetModuleDict();
    if (interp->builtins != builtins || interp->imports.modules != modules) {
        return text;
    }
    // Makes it, perhaps
    PyObject *dict = PyInterpreterState_GetDict(interp);
    if (PyInterpreterState_ThreadHead(interp) == NULL || interp->dict != dict)
    {
        return text;
    }
    PyObject *interned = INTERNED_DICT(interp);
    if (interned == NULL || !PyDict_CheckExact(interned)) {
        return text;
    }
    if (TYPE_STATES(interp)[0].type == NULL
        || !PyType_Check((PyObject *)TYPE_STATES(interp)[0].type))
    {
        return text;
    }
    return NULL;
}

#ifdef Py_GIL_DISABLED

/* Owners, counts and marks of new objects are where they should be, a class
   has a number in the table of all, and the world stops. */
static const char *
wrong_collector(void)
{
    PyInterpreterState *interp = PyInterpreterState_Get();
    PyObject *list = PyList_New(0);
    PyObject *type = PyObject_CallFunction((PyObject *)&PyType_Type, "s(){}",
                                           "probe");
    bool is_right = false;
    if (list != NULL && type != NULL) {
        size_t id = (size_t)((PyHeapTypeObject *)type)->unique_id;
        is_right = list->ob_tid == _Py_ThreadId() && list->ob_ref_local == 1
                   && list->ob_ref_shared == 0 && is_tracked(list)
                   && !(list->ob_gc_bits & (_PyGC_BITS_SHARED
                                            | _PyGC_BITS_UNREACHABLE))
                   && type->ob_gc_bits & _PyGC_BITS_DEFERRED
                   && id - 1 < (size_t)interp->unique_ids.size
                   && interp->unique_ids.table[id - 1].obj == type;
        stop_world();
        is_right = is_right && interp->stoptheworld.world_stopped;
        start_world();
        is_right = is_right && !interp->stoptheworld.world_stopped;
    }
    Py_XDECREF(list);
    Py_XDECREF(type);
    PyErr_Clear();
    return is_right ? NULL : "its collector is another one";
}

#else

static bool
is_in_list(PyGC_Head *list, PyObject *op)
{
    return _PyGCHead_PREV(_Py_AS_GC(op)) != NULL
           && (PyGC_Head *)list->_gc_prev == _Py_AS_GC(op)
           && _PyGCHead_NEXT(_Py_AS_GC(op)) == list;
}

/* A new container is the last of the youngest generation. */
static const char *
wrong_collector(void)
{
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    PyObject *list = PyList_New(0);
    if (list == NULL) {
        PyErr_Clear();
        return "there is no memory";
    }
    bool is_right = gc->generation0 == generation_head(gc, 0)
                    && is_tracked(list)
                    && is_in_list(generation_head(gc, 0), list);
    Py_DECREF(list);
    if (!is_right) {
        return "its collector is another one";
    }
    return NULL;
}

#endif

/* Functions of the interpreter itself count an immortal object, and don't. */
static const char *
wrong_count(void)
{
    PyObject *number = PyLong_FromString("1234567890123456789", NULL, 10);
    PyObject *list = PyList_New(0);
    if (number == NULL || list == NULL) {
        Py_XDECREF(number);
        Py_XDECREF(list);
        PyErr_Clear();
        return "there is no memory";
    }
    set_immortal_count(number);     // 40 bytes that are never given back
    Py_ssize_t before = Py_REFCNT(number);
    for (int i = 0; i < 10; i++) {
        if (PyList_Append(list, number) < 0) {
            PyErr_Clear();
        }
    }
    bool is_right = Py_REFCNT(number) == before && before > 1000000;
    Py_DECREF(list);
    Py_DecRef(number);
    is_right = is_right && Py_REFCNT(number) == before
               && count_difference(number) == 0;
    return is_right ? NULL : "it doesn't take an immortal count for one";
}

static const char *
find_reason(void)
{
    const char *(*const checks[])(void) = {
        wrong_version, wrong_build, wrong_layout, wrong_collector, wrong_count,
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(checks); i++) {
        const char *found = checks[i]();
        if (found != NULL) {
            return found;
        }
    }
    if (code_init() < 0) {
        return "all watchers of code are taken by others";
    }
    return NULL;
}

/* NULL if the interpreter is usable, or why it isn't, in one line */
const char *
why_not_usable(void)
{
    static bool known;
    static const char *found;
    if (!known) {
        found = find_reason();
        known = true;
    }
    return found;
}
