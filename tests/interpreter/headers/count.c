/* What an extension does with reference counts, valid as C11 and as C++11, in the
   full and in the limited API. */

#include <Python.h>

static PyObject *
touch(PyObject *Py_UNUSED(module), PyObject *op)
{
    Py_INCREF(op);
    Py_XINCREF(op);
    PyObject *other = Py_NewRef(op);
    Py_CLEAR(other);
    Py_XDECREF(op);
    Py_DECREF(op);
    if (Py_REFCNT(op) < 1 || Py_TYPE(op) == NULL || Py_IS_TYPE(op, Py_TYPE(Py_None))) {
        Py_RETURN_NONE;
    }
    const Py_ssize_t *address = &op->ob_refcnt;
    Py_SET_REFCNT(op, *address);
    if (op == Py_False) {
        Py_RETURN_FALSE;
    }
    if (op == Py_True) {
        Py_RETURN_TRUE;
    }
    return Py_NewRef(op);
}

static PyMethodDef methods[] = {
    {"touch", touch, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT, "count", NULL, -1, methods, NULL, NULL, NULL, NULL,
};

#ifndef Py_LIMITED_API
typedef struct {
    PyObject_HEAD
    int field;
} Fixed;

typedef struct {
    PyObject_VAR_HEAD
    int items[1];
} Variable;

static Fixed plain = {PyObject_HEAD_INIT(NULL) 0};
static Fixed fixed = {PyObject_HEAD_INIT(NULL) 3};
static Variable variable = {PyVarObject_HEAD_INIT(NULL, 1) {3}};
#endif

PyMODINIT_FUNC PyInit_count(void);

PyMODINIT_FUNC
PyInit_count(void)
{
#ifndef Py_LIMITED_API
    Py_SET_TYPE(&plain, Py_TYPE(Py_None));
    Py_SET_TYPE(&fixed, Py_TYPE(&plain));
    Py_SET_TYPE(&variable, Py_TYPE(&plain));
    Py_SET_SIZE(&variable, 1);
#endif
    return PyModule_Create(&module_def);
}
