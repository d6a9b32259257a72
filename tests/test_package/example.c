/* An extension module that uses what the series adds to the C API, where it is there. */

#include <Python.h>

static PyObject *
example_share(PyObject *Py_UNUSED(module), PyObject *object)
{
#if IMMORTAL
    int made = PyUnstable_SetImmortal(object);
    return Py_BuildValue("(ii)", made, PyUnstable_IsImmortal(object));
#else
    (void)object;
    return Py_BuildValue("(ii)", 0, 0);
#endif
}

static PyMethodDef example_methods[] = {
    {"share", example_share, METH_O,
     PyDoc_STR("Make an object immortal; return (made, is_immortal).")},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef example_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "example",
    .m_methods = example_methods,
};

PyMODINIT_FUNC
PyInit_example(void)
{
    return PyModule_Create(&example_module);
}
