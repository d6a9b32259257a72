/* Reference counts driven the way an extension built without the check drives them.

   write() and add() know nothing of immortality: they are the plain arithmetic
   that Py_INCREF() and Py_DECREF() were.  incref() and decref() use the macros of
   the headers that this file was compiled with, so the same source built against
   stock headers is a real extension from before.  DRIFT_NAME names the module. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define STRING(x) #x
#define NAME_OF(x) STRING(x)
#define INIT(x) PyInit_##x
#define INIT_OF(x) INIT(x)

static int
parse(PyObject *args, PyObject **op, Py_ssize_t *n)
{
    return PyArg_ParseTuple(args, "On", op, n);
}

/* The count as it is stored, unsigned. */
static PyObject *
drift_read(PyObject *Py_UNUSED(module), PyObject *op)
{
    return PyLong_FromSize_t((size_t)op->ob_refcnt);
}

static PyObject *
drift_write(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *op, *value;
    if (!PyArg_ParseTuple(args, "OO!", &op, &PyLong_Type, &value)) {
        return NULL;
    }
    size_t count = PyLong_AsSize_t(value);
    if (count == (size_t)-1 && PyErr_Occurred()) {
        return NULL;
    }
    op->ob_refcnt = (Py_ssize_t)count;
    Py_RETURN_NONE;
}

static PyObject *
drift_add(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *op;
    Py_ssize_t n;
    if (!parse(args, &op, &n)) {
        return NULL;
    }
    op->ob_refcnt = (Py_ssize_t)((size_t)op->ob_refcnt + (size_t)n);
    Py_RETURN_NONE;
}

static PyObject *
drift_incref(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *op;
    Py_ssize_t n;
    if (!parse(args, &op, &n)) {
        return NULL;
    }
    while (n-- > 0) {
        Py_INCREF(op);
    }
    Py_RETURN_NONE;
}

static PyObject *
drift_decref(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *op;
    Py_ssize_t n;
    if (!parse(args, &op, &n)) {
        return NULL;
    }
    while (n-- > 0) {
        Py_DECREF(op);
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"read", drift_read, METH_O, NULL},
    {"write", drift_write, METH_VARARGS, NULL},
    {"add", drift_add, METH_VARARGS, NULL},
    {"incref", drift_incref, METH_VARARGS, NULL},
    {"decref", drift_decref, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef drift_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = NAME_OF(DRIFT_NAME),
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC INIT_OF(DRIFT_NAME)(void);

PyMODINIT_FUNC
INIT_OF(DRIFT_NAME)(void)
{
    return PyModule_Create(&drift_module);
}
