/* Every function of the headers that looks at a count, and nothing else: stock's own
   Py_None, Py_True and Py_False warn at -Wstrict-aliasing=1 and 2 where they are used. */

#include <Python.h>

PyObject *guard(PyObject *op);

PyObject *
guard(PyObject *op)
{
    PyObject *other = Py_XNewRef(op);
    Py_CLEAR(other);
    Py_XINCREF(op);
    Py_INCREF(op);
    Py_SET_REFCNT(op, Py_REFCNT(op));
    Py_XDECREF(op);
    Py_DECREF(op);
    return Py_NewRef(op);
}
