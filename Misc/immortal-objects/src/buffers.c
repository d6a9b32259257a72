/* Arrays of objects: NumPy's, and with them the columns of pandas.

   An array is no GC object, and shows its items to nobody but who asks for its
   buffer.  Strings of NumPy's StringDType are no objects and need nothing. */

#include "core.h"

/* A class of the program may have this name, but code in Python, too. */
static bool
is_numpy_type(PyTypeObject *type)
{
    return !PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)
           && strcmp(type->tp_name, "numpy.ndarray") == 0;
}

/* The type of NumPy's arrays, if the object is an array; else NULL. */
static PyTypeObject *
array_type(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyBufferProcs *procs = type->tp_as_buffer;
    if (procs == NULL || procs->bf_getbuffer == NULL) {
        return NULL;
    }
    while (type != NULL && !is_numpy_type(type)) {
        type = type->tp_base;
    }
    return type;
}

bool
holds_objects(PyObject *op)
{
    return array_type(op) != NULL;
}

/* Visit the items of a buffer, whatever its dimensions and strides. */
static int
visit_items(const Py_buffer *view, int dimension, char *start,
            immortal_walk *walk)
{
    if (dimension == view->ndim) {
        PyObject *item;
        memcpy(&item, start, sizeof(item));
        return item == NULL ? 0 : walk_visit(item, walk);
    }
    for (Py_ssize_t i = 0; i < view->shape[dimension]; i++) {
        int err = visit_items(view, dimension + 1,
                              start + i * view->strides[dimension], walk);
        if (err) {
            return err;
        }
    }
    return 0;
}

/* An attribute that C code of the type computes, or NULL; a new reference.  A
   subclass may have one of the same name. */
PyObject *
get_member(PyTypeObject *type, const char *name, PyObject *op)
{
    PyObject *value = NULL;
    PyObject *getter = PyObject_GetAttrString((PyObject *)type, name);
    if (getter != NULL && Py_IS_TYPE(getter, &PyGetSetDescr_Type)) {
        value = PyGetSetDescr_Type.tp_descr_get(getter, op,
                                                (PyObject *)Py_TYPE(op));
    }
    Py_XDECREF(getter);
    if (value == NULL) {
        PyErr_Clear();
    }
    return value;
}

/* The object that this array is a view of, or NULL; borrowed: the array owns
   it. */
static PyObject *
base_of(PyTypeObject *type, PyObject *array)
{
    PyObject *base = get_member(type, "base", array);
    Py_XDECREF(base);
    return base == Py_None ? NULL : base;
}

/* Does the type of its items say that it has none that are objects?  NumPy keeps
   something in each array whose buffer was asked for. */
static bool
has_no_objects(PyTypeObject *type, PyObject *array)
{
    PyObject *dtype = get_member(type, "dtype", array);
    PyObject *has = dtype == NULL ? NULL
                    : get_member(Py_TYPE(dtype), "hasobject", dtype);
    bool is_false = has == Py_False;
    Py_XDECREF(has);
    Py_XDECREF(dtype);
    return is_false;
}

static int
visit_array(immortal_walk *walk, PyObject *array)
{
    PyTypeObject *type = array_type(array);
    PyObject *base = base_of(type, array);
    if (base != NULL && walk_visit(base, walk) < 0) {
        return -1;
    }
    if (has_no_objects(type, array)) {
        return 0;
    }
    // Not PyObject_GetBuffer(): a subclass may have a __buffer__().
    Py_buffer view;
    if (type->tp_as_buffer->bf_getbuffer(array, &view,
                                         PyBUF_FORMAT | PyBUF_STRIDES) < 0)
    {
        // Dates, for example, have no format.
        PyErr_Clear();
        return 0;
    }
    int err = 0;
    if (view.format != NULL && strcmp(view.format, "O") == 0) {
        err = visit_items(&view, 0, view.buf, walk);
    }
    PyBuffer_Release(&view);
    return err;
}

/* Visit what the arrays hold that the walk has met. */
int
visit_buffers(immortal_walk *walk)
{
    while (walk->arrays.n > 0) {
        PyObject *array = walk->arrays.items[--walk->arrays.n];
        if (visit_array(walk, array) < 0) {
            return -1;
        }
    }
    return 0;
}
