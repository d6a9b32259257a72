/* An extension module that uses what a series adds to the C API, where it is there. */

#include <Python.h>

#if ADDED
static PyObject *
example_share(PyObject *Py_UNUSED(module), PyObject *object)
{
    int made = PyUnstable_SetImmortal(object);
    return Py_BuildValue("(ii)", made, PyUnstable_IsImmortal(object));
}
#endif

static PyMethodDef example_methods[] = {
#if ADDED
    {"share", example_share, METH_O,
     PyDoc_STR("Make an object immortal; return (made, is_immortal).")},
#endif
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
