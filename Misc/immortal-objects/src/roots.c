/* Where a walk through the heap begins: what the interpreter holds. */

#include "core.h"

#include "internal/pycore_import.h"

/* Names in the method cache are in no other place, some of them. */
static int
visit_method_cache(PyInterpreterState *interp, visitproc visit, void *arg)
{
    struct type_cache *cache = &interp->types.type_cache;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(cache->hashtable); i++) {
        Py_VISIT(cache->hashtable[i].name);
    }
    return 0;
}

static int
visit_type_states(type_state *states, size_t n, visitproc visit, void *arg)
{
    for (size_t i = 0; i < n; i++) {
        if (states[i].type != NULL) {
            Py_VISIT((PyObject *)states[i].type);
        }
    }
    return 0;
}

static int
visit_types(PyInterpreterState *interp, visitproc visit, void *arg)
{
    int err = visit_type_states(TYPE_STATES(interp), N_TYPE_STATES(interp),
                                visit, arg);
#ifdef EXTENSION_TYPE_STATES
    if (err == 0) {
        err = visit_type_states(EXTENSION_TYPE_STATES(interp),
                                _Py_MAX_MANAGED_STATIC_EXT_TYPES, visit, arg);
    }
#endif
    return err;
}

/* The table of interned strings counts no references to them. */
int
visit_interned(visitproc visit, void *arg)
{
    PyObject *interned = INTERNED_DICT(PyInterpreterState_Get());
    if (interned == NULL) {
        return 0;
    }
    Py_ssize_t pos = 0;
    PyObject *name;
    while (PyDict_Next(interned, &pos, &name, NULL)) {
        Py_VISIT(name);
    }
    return 0;
}

typedef struct {
    visitproc visit;
    void *arg;
} visitor;

static int
visit_locals(_PyInterpreterFrame *frame, void *arg)
{
    visitor *v = (visitor *)arg;
    return visit_frame_locals(frame, v->visit, v->arg);
}

static int
visit_threads(PyInterpreterState *interp, visitproc visit, void *arg)
{
    visitor v = {visit, arg};
    int err = each_frame(NULL, visit_locals, &v);
    if (err) {
        return err;
    }
    for (PyThreadState *tstate = PyInterpreterState_ThreadHead(interp);
         tstate != NULL;
         tstate = PyThreadState_Next(tstate))
    {
        Py_VISIT(tstate->dict);
        Py_VISIT(tstate->context);
        Py_VISIT(tstate->c_profileobj);
        Py_VISIT(tstate->c_traceobj);
        Py_VISIT(tstate->async_gen_firstiter);
        Py_VISIT(tstate->async_gen_finalizer);
    }
    return 0;
}

/* What is missing here is found by the collection that follows, unless it has
   no GC header. */
int
visit_roots(visitproc visit, void *arg)
{
    PyInterpreterState *interp = PyInterpreterState_Get();
    Py_VISIT(interp->imports.modules);
    Py_VISIT(interp->imports.importlib);
    Py_VISIT(interp->imports.import_func);
    Py_VISIT(interp->imports.modules_by_index);
    Py_VISIT(interp->sysdict);
    Py_VISIT(interp->builtins);
    Py_VISIT(interp->sysdict_copy);
    Py_VISIT(interp->builtins_copy);
    Py_VISIT(interp->dict);
#ifdef HAVE_FORK
    Py_VISIT(interp->before_forkers);
    Py_VISIT(interp->after_forkers_parent);
    Py_VISIT(interp->after_forkers_child);
#endif
    Py_VISIT(interp->gc.callbacks);
    Py_VISIT(interp->audit_hooks);
    Py_VISIT(interp->warnings.filters);
    Py_VISIT(interp->warnings.once_registry);
    Py_VISIT(interp->warnings.default_action);
    int err = visit_types(interp, visit, arg);
    if (err == 0) {
        err = visit_threads(interp, visit, arg);
    }
    if (err == 0) {
        err = visit_method_cache(interp, visit, arg);
    }
    return err;
}
