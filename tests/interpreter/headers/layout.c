/* Prints the size, alignment and offsets of what a wheel built for 3.11 has compiled in. */

#include <Python.h>
#include <stddef.h>
#include <stdio.h>

#define SIZE(T) printf("sizeof(" #T ") %zu, alignment %zu\n", sizeof(T), _Alignof(T))
#define FIELD(T, f) printf(#T "." #f " %zu\n", offsetof(T, f))
#define SAME_TYPE(T, f, F) \
    printf(#T "." #f " is " #F ": %d\n", _Generic(((T *)0)->f, F: 1, default: 0))

int
main(void)
{
    SIZE(PyObject);
    FIELD(PyObject, ob_refcnt);
    FIELD(PyObject, ob_type);
    SAME_TYPE(PyObject, ob_refcnt, Py_ssize_t);
    SAME_TYPE(PyObject, ob_type, PyTypeObject *);
    SIZE(PyVarObject);
    FIELD(PyVarObject, ob_size);
    SIZE(PyTypeObject);
    FIELD(PyTypeObject, tp_flags);
    FIELD(PyTypeObject, tp_vectorcall);
    SIZE(PyHeapTypeObject);
    FIELD(PyHeapTypeObject, ht_cached_keys);
    SIZE(PyLongObject);
    SIZE(PyFloatObject);
    SIZE(PyBytesObject);
    SIZE(PyASCIIObject);
    FIELD(PyASCIIObject, state);
    FIELD(PyASCIIObject, hash);
    SIZE(PyCompactUnicodeObject);
    SIZE(PyUnicodeObject);
    SIZE(PyListObject);
    SIZE(PyTupleObject);
    SIZE(PyDictObject);
    FIELD(PyDictObject, ma_version_tag);
    FIELD(PyDictObject, ma_values);
    SIZE(PySetObject);
    SIZE(PyFunctionObject);
    SIZE(PyMethodObject);
    SIZE(PyCFunctionObject);
    SIZE(PyCodeObject);
    FIELD(PyCodeObject, co_extra);
    FIELD(PyCodeObject, co_code_adaptive);
    SIZE(PyFrameObject *);
    SIZE(PyGenObject);
    SIZE(PyWeakReference);
    SIZE(PyModuleDef);
    SIZE(PyModuleDef_Base);
    SIZE(PyThreadState);
    FIELD(PyThreadState, cframe);
    FIELD(PyThreadState, interp);
    return 0;
}
