/* References that tp_traverse leaves out, since they can't be part of a cycle.
   */

#include "core.h"

/* rangeobject.c keeps this to itself. */
typedef struct {
    PyObject_HEAD
    PyObject *start;
    PyObject *stop;
    PyObject *step;
    PyObject *length;
} range_object;

/* The keys of a dict, which dict_traverse() leaves out if they are strings. */
int
visit_dict_keys(PyDictKeysObject *keys, visitproc visit, void *arg)
{
    if (DK_IS_UNICODE(keys)) {
        PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
        for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
            Py_VISIT(entries[i].me_key);
        }
    }
    return 0;
}

/* What a type of C code in the interpreter itself keeps in the interpreter's
   state, other types in themselves */
static type_state *
find_state(PyTypeObject *type)
{
    PyInterpreterState *interp = PyInterpreterState_Get();
    for (size_t i = 0; i < N_TYPE_STATES(interp); i++) {
        if (TYPE_STATES(interp)[i].type == type) {
            return &TYPE_STATES(interp)[i];
        }
    }
#ifdef EXTENSION_TYPE_STATES
    for (size_t i = 0; i < _Py_MAX_MANAGED_STATIC_EXT_TYPES; i++) {
        if (EXTENSION_TYPE_STATES(interp)[i].type == type) {
            return &EXTENSION_TYPE_STATES(interp)[i];
        }
    }
#endif
    return NULL;
}

int
visit_type(PyTypeObject *type, visitproc visit, void *arg)
{
    if (type->tp_flags & _Py_TPFLAGS_STATIC_BUILTIN) {
        type_state *state = find_state(type);
        if (state != NULL) {
            Py_VISIT(state->tp_dict);
            Py_VISIT(state->tp_subclasses);
        }
    }
    else {
        Py_VISIT(type->tp_dict);
        Py_VISIT((PyObject *)type->tp_subclasses);
    }
    Py_VISIT(type->tp_bases);
    Py_VISIT(type->tp_base);
    Py_VISIT(type->tp_mro);
    Py_VISIT((PyObject *)type->tp_cache);
    if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
        PyHeapTypeObject *heap_type = (PyHeapTypeObject *)type;
        Py_VISIT(heap_type->ht_name);
        Py_VISIT(heap_type->ht_qualname);
        Py_VISIT(heap_type->ht_slots);
        Py_VISIT(heap_type->ht_module);
        if (heap_type->ht_cached_keys != NULL) {
            // The names of the instances' attributes
            return visit_dict_keys(heap_type->ht_cached_keys, visit, arg);
        }
    }
    return 0;
}

/* A function without the namespaces that it was defined in */
int
visit_function(PyFunctionObject *function, visitproc visit, void *arg)
{
    Py_VISIT(function->func_code);
    Py_VISIT(function->func_defaults);
    Py_VISIT(function->func_kwdefaults);
    Py_VISIT(function->func_closure);
    Py_VISIT(function->func_annotations);
    Py_VISIT(function->func_dict);
    Py_VISIT(function->func_doc);
    Py_VISIT(function->func_module);
    Py_VISIT(function->func_name);
    Py_VISIT(function->func_qualname);
    Py_VISIT(function->func_typeparams);
#if PY_VERSION_HEX >= 0x030e0000
    // What computes the annotations is a function of the same module.
    Py_VISIT(function->func_annotate);
#endif
    return 0;
}

static int
visit_code(PyCodeObject *code, visitproc visit, void *arg)
{
    Py_VISIT(code->co_consts);
    Py_VISIT(code->co_names);
    Py_VISIT(code->co_exceptiontable);
    Py_VISIT(code->co_localsplusnames);
    Py_VISIT(code->co_localspluskinds);
    Py_VISIT(code->co_filename);
    Py_VISIT(code->co_name);
    Py_VISIT(code->co_qualname);
    Py_VISIT(code->co_linetable);
    if (code->_co_cached != NULL) {
        Py_VISIT(code->_co_cached->_co_code);
        Py_VISIT(code->_co_cached->_co_cellvars);
        Py_VISIT(code->_co_cached->_co_freevars);
        Py_VISIT(code->_co_cached->_co_varnames);
    }
    return 0;
}

static bool
is_descriptor(PyTypeObject *type)
{
    return type == &PyMethodDescr_Type || type == &PyClassMethodDescr_Type
           || type == &PyMemberDescr_Type || type == &PyGetSetDescr_Type
           || type == &PyWrapperDescr_Type;
}

int
visit_hidden(PyObject *op, visitproc visit, void *arg)
{
    PyTypeObject *type = Py_TYPE(op);
#if PY_VERSION_HEX >= 0x030d0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        // Earlier patch releases of 3.13 left it out.
        Py_VISIT((PyObject *)_PyObject_ManagedDictPointer(op)->dict);
    }
#endif
    if (is_any_dict(op)) {
        return visit_dict_keys(((PyDictObject *)op)->ma_keys, visit, arg);
    }
    if (PyType_Check(op)) {
        return visit_type((PyTypeObject *)op, visit, arg);
    }
    if (PyCode_Check(op)) {
        return visit_code((PyCodeObject *)op, visit, arg);
    }
    if (PyFunction_Check(op)) {
        return visit_function((PyFunctionObject *)op, visit, arg);
    }
    if (is_descriptor(type)) {
        Py_VISIT(PyDescr_NAME(op));
        Py_VISIT(((PyDescrObject *)op)->d_qualname);
        return 0;
    }
    if (PyModule_Check(op)) {
        Py_VISIT(((PyModuleObject *)op)->md_name);
        return 0;
    }
    if (type == &PyRange_Type) {
        range_object *range = (range_object *)op;
        Py_VISIT(range->start);
        Py_VISIT(range->stop);
        Py_VISIT(range->step);
        Py_VISIT(range->length);
        return 0;
    }
    if (is_generator(op)) {
        PyGenObject *generator = (PyGenObject *)op;
        Py_VISIT(generator->gi_name);
        Py_VISIT(generator->gi_qualname);
        return 0;
    }
    return visit_datetime(op, visit, arg);
}
