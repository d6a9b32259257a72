/* The module immortal_objects._core. */

#include "core.h"

PyDoc_STRVAR(usable_doc,
"usable($module, /)\n"
"--\n"
"\n"
"Return None if the interpreter is usable, or why it isn't.");

static PyObject *
core_usable(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    const char *reason = why_not_usable();
    if (reason == NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromString(reason);
}

PyDoc_STRVAR(immortalize_doc,
"immortalize($module, obj, mortal=(), /)\n"
"--\n"
"\n"
"Make an object and all data reachable from it immortal.  Return the object.\n"
"\n"
"Instances of the types in the tuple mortal stay mortal, but for the object.");

/* Return 0, or -1 with an exception set. */
static int
check_types(PyObject *mortal)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(mortal); i++) {
        PyObject *type = PyTuple_GET_ITEM(mortal, i);
        if (!PyType_Check(type)) {
            PyErr_Format(PyExc_TypeError,
                         "mortal has to hold types, not %.200s",
                         Py_TYPE(type)->tp_name);
            return -1;
        }
    }
    return 0;
}

static PyObject *
core_immortalize(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *obj;
    PyObject *mortal = NULL;
    if (!PyArg_ParseTuple(args, "O|O!:immortalize", &obj, &PyTuple_Type,
                          &mortal)
        || (mortal != NULL && check_types(mortal) < 0))
    {
        return NULL;
    }
    mortal = mortal == NULL ? PyTuple_New(0) : Py_NewRef(mortal);
    if (mortal == NULL) {
        return NULL;
    }
    PyObject *result = immortalize(obj, mortal);
    Py_DECREF(mortal);
    return result;
}

PyDoc_STRVAR(immortalize_heap_doc,
"immortalize_heap($module, /, mortal=())\n"
"--\n"
"\n"
"Collect garbage, then make all objects of the interpreter immortal.\n"
"\n"
"Instances of the types in the tuple mortal stay mortal.  Return the number\n"
"of objects that became immortal.");

static PyObject *
core_immortalize_heap(PyObject *Py_UNUSED(module), PyObject *args,
                      PyObject *kwargs)
{
    static char *names[] = {"mortal", NULL};
    PyObject *mortal = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O!:immortalize_heap",
                                     names, &PyTuple_Type, &mortal)
        || (mortal != NULL && check_types(mortal) < 0))
    {
        return NULL;
    }
    mortal = mortal == NULL ? PyTuple_New(0) : Py_NewRef(mortal);
    if (mortal == NULL) {
        return NULL;
    }
    Py_ssize_t taken = immortalize_heap(mortal);
    Py_DECREF(mortal);
    return taken < 0 ? NULL : PyLong_FromSsize_t(taken);
}

PyDoc_STRVAR(is_immortal_doc,
"is_immortal($module, obj, /)\n"
"--\n"
"\n"
"Tell whether the object is immortal.");

static PyObject *
core_is_immortal(PyObject *Py_UNUSED(module), PyObject *obj)
{
    return PyBool_FromLong(_Py_IsImmortal(obj));
}

PyDoc_STRVAR(census_doc,
"census($module, /)\n"
"--\n"
"\n"
"Return objects and bytes by type, by what they are: immortal, or why not.");

static PyObject *
core_census(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return census();
}

PyDoc_STRVAR(drift_doc,
"drift($module, /)\n"
"--\n"
"\n"
"Return the immortal objects whose count has changed, with the difference.\n"
"\n"
"Sets the counts to what they were.");

static PyObject *
core_drift(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return drift();
}

PyDoc_STRVAR(version_doc,
"version($module, /)\n"
"--\n"
"\n"
"Return which CPython this was compiled for.");

static PyObject *
core_version(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
#ifdef Py_GIL_DISABLED
    return PyUnicode_FromString(PY_VERSION " free-threaded");
#else
    return PyUnicode_FromString(PY_VERSION " GIL");
#endif
}

static PyModuleDef core_module;

static PyMethodDef core_methods[] = {
    {"usable", core_usable, METH_NOARGS, usable_doc},
    {"immortalize", core_immortalize, METH_VARARGS, immortalize_doc},
    {"immortalize_heap", _PyCFunction_CAST(core_immortalize_heap),
     METH_VARARGS | METH_KEYWORDS, immortalize_heap_doc},
    {"is_immortal", core_is_immortal, METH_O, is_immortal_doc},
    {"census", core_census, METH_NOARGS, census_doc},
    {"drift", core_drift, METH_NOARGS, drift_doc},
    {"version", core_version, METH_NOARGS, version_doc},
    {NULL, NULL, 0, NULL},
};

/* There is one state of this module: for the main interpreter, until that
   ends.  Return 0, or -1 with an exception set. */
static int
claim_interpreter(void)
{
    static bool is_claimed;
    PyInterpreterState *interp = PyInterpreterState_Get();
    if (interp != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError, "it is a sub-interpreter");
        return -1;
    }
    PyObject *dict = PyInterpreterState_GetDict(interp);    // borrowed
    if (dict == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (is_claimed) {
        // At a reload it is there.
        PyObject *claim = PyMapping_GetItemString(dict, core_module.m_name);
        if (claim == NULL) {
            PyErr_SetString(PyExc_ImportError,
                            "the interpreter was ended and started again");
            return -1;
        }
        Py_DECREF(claim);
        return 0;
    }
    is_claimed = true;
    return PyDict_SetItemString(dict, core_module.m_name, Py_True);
}

static int
core_exec(PyObject *Py_UNUSED(module))
{
    if (claim_interpreter() < 0 || core_init() < 0) {
        return -1;
    }
#ifdef Py_GIL_DISABLED
    if (world_init() < 0) {
        return -1;
    }
#endif
    // While little code is there: what is made later, a watcher sees.
    (void)why_not_usable();
    return 0;
}

static PyModuleDef_Slot core_slots[] = {
    {Py_mod_exec, core_exec},
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#ifdef Py_GIL_DISABLED
    // What changes objects of other threads stops these first.
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef core_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "immortal_objects._core",
    .m_doc = "Immortal objects for an unmodified CPython.",
    .m_methods = core_methods,
    .m_slots = core_slots,
};

PyMODINIT_FUNC
PyInit__core(void)
{
    return PyModuleDef_Init(&core_module);
}
