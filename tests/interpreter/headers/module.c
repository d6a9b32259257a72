/* An extension module that counts references and gives some back. */

#include <Python.h>

static PyObject *
pass_on(PyObject *module, PyObject *arg)
{
    (void)module;
    PyObject *list = PyList_New(0);
    if (list == NULL || PyList_Append(list, arg) < 0) {
        Py_XDECREF(list);
        return NULL;
    }
    Py_DECREF(list);
    Py_INCREF(arg);
    return arg;
}

static PyMethodDef methods[] = {
    {"pass_on", pass_on, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "module", NULL, -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit_module(void)
{
    return PyModule_Create(&definition);
}
