/* Hashes that objects keep: the first use would write to the object.

   They are computed when an object becomes immortal, wherever that runs no
   code of the application and can't fail. */

#include "core.h"
#include "datetime.h"

/* datetime.c keeps this to itself. */
typedef struct {
    PyObject_HEAD
    PyObject *offset;
    PyObject *name;
} timezone_object;

/* Get the types of the module datetime, if the application has loaded it.
   Return 0, or -1 with an exception set. */
int
datetime_init(void)
{
    if (PyDateTimeAPI != NULL) {
        return 0;
    }
    PyObject *modules = PyImport_GetModuleDict();  // borrowed
    PyObject *module = PyMapping_GetItemString(modules, "datetime");
    if (module == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_KeyError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    // Kept: 3.12 frees the table of functions with its capsule.
    PyObject *capsule = PyObject_GetAttrString(module, "datetime_CAPI");
    Py_DECREF(module);
    if (capsule != NULL) {
        PyDateTime_IMPORT;
    }
    // Somebody's own module of this name has no capsule.
    PyErr_Clear();
    if (PyDateTimeAPI == NULL) {
        Py_XDECREF(capsule);
    }
    return 0;
}

/* Objects of datetime have no GC header, but refer to time zones. */
int
visit_datetime(PyObject *op, visitproc visit, void *arg)
{
    if (PyDateTimeAPI == NULL || PyObject_IS_GC(op)) {
        return 0;
    }
    if (PyDateTime_Check(op)) {
        if (((PyDateTime_DateTime *)op)->hastzinfo) {
            Py_VISIT(((PyDateTime_DateTime *)op)->tzinfo);
        }
    }
    else if (PyTime_Check(op)) {
        if (((PyDateTime_Time *)op)->hastzinfo) {
            Py_VISIT(((PyDateTime_Time *)op)->tzinfo);
        }
    }
    else if (Py_TYPE(op) == Py_TYPE(PyDateTime_TimeZone_UTC)) {
        Py_VISIT(((timezone_object *)op)->offset);
        Py_VISIT(((timezone_object *)op)->name);
    }
    return 0;
}

/* A hash needs no memory and no code of the application for these. */
static bool
is_plain_datetime(PyTypeObject *type, PyObject *op)
{
    if (PyDateTimeAPI == NULL) {
        return false;
    }
    if (type == PyDateTimeAPI->DateTimeType) {
        return !((PyDateTime_DateTime *)op)->hastzinfo
               && !PyDateTime_DATE_GET_FOLD(op);
    }
    if (type == PyDateTimeAPI->TimeType) {
        return !((PyDateTime_Time *)op)->hastzinfo
               && !PyDateTime_TIME_GET_FOLD(op);
    }
    return type == PyDateTimeAPI->DateType;
}

#if PY_VERSION_HEX >= 0x030e0000
/* Can the hash of the item be had without code of the application, and at
   once? That of a tuple is there already: its items came first. */
static bool
has_plain_hash(PyObject *item)
{
    if (item == NULL) {
        return false;
    }
    PyTypeObject *type = Py_TYPE(item);
    if (type == &PyTuple_Type) {
        return ((PyTupleObject *)item)->ob_hash != -1;
    }
    return type == &PyUnicode_Type || type == &PyLong_Type
           || type == &PyFloat_Type || type == &PyBytes_Type
           || type == &PyBool_Type || item == Py_None;
}

static bool
is_plain_tuple(PyTypeObject *type, PyObject *op)
{
    if (type != &PyTuple_Type || ((PyTupleObject *)op)->ob_hash != -1) {
        return false;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(op); i++) {
        if (!has_plain_hash(PyTuple_GET_ITEM(op, i))) {
            return false;
        }
    }
    return true;
}
#else
static bool
is_plain_tuple(PyTypeObject *Py_UNUSED(type), PyObject *Py_UNUSED(op))
{
    return false;
}
#endif

#ifdef HAVE_FROZENDICT
/* The hashes of the keys are there. */
static bool
is_plain_frozendict(PyTypeObject *type, PyObject *op)
{
    if (type != &PyFrozenDict_Type
        || ((PyFrozenDictObject *)op)->ma_hash != -1)
    {
        return false;
    }
    PyObject *value;
    Py_ssize_t pos = 0;
    while (PyDict_Next(op, &pos, NULL, &value)) {
        if (!has_plain_hash(value)) {
            return false;
        }
    }
    return true;
}
#else
static bool
is_plain_frozendict(PyTypeObject *Py_UNUSED(type), PyObject *Py_UNUSED(op))
{
    return false;
}
#endif

void
cache_hash(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    if (type == &PyUnicode_Type) {
        if (_PyASCIIObject_CAST(op)->hash != -1) {
            return;
        }
    }
    else if (type != &PyBytes_Type && type != &PyFrozenSet_Type
             && !is_plain_tuple(type, op) && !is_plain_datetime(type, op)
             && !is_plain_frozendict(type, op))
    {
        return;
    }
    if (type->tp_hash(op) == -1) {
        PyErr_Clear();
    }
}
