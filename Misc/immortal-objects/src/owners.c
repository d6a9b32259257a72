/* What is finalized at the end, and in which order: owners come before what
   they own. */

#include "core.h"

typedef struct {
    addresses seen;
    objects waiting;        /* an object, or NULL before one that is left */
    objects *found;
    const addresses *wanted;    /* NULL: all */
} search;

/* Whoever refers to these doesn't own them, and they lead everywhere. */
static bool
leads_away(PyObject *op)
{
    return PyType_Check(op) || PyModule_Check(op) || PyFunction_Check(op)
           || PyCode_Check(op) || PyFrame_Check(op) || !PyObject_IS_GC(op)
           || Py_TYPE(op)->tp_traverse == NULL;
}

static int
visit_owned(PyObject *op, void *arg)
{
    search *s = (search *)arg;
    if (leads_away(op) || addresses_have(&s->seen, op)) {
        return 0;
    }
    return objects_push(&s->waiting, op);
}

/* Go from an object to all that it owns, which is found before its owner. */
static int
search_from(search *s, PyObject *op)
{
    int err = visit_owned(op, s);
    while (err == 0 && s->waiting.n > 0) {
        op = s->waiting.items[--s->waiting.n];
        if (op == NULL) {
            op = s->waiting.items[--s->waiting.n];
            if (s->wanted == NULL || addresses_have(s->wanted, op)) {
                err = objects_push(s->found, op);
            }
            continue;
        }
        int new = addresses_add(&s->seen, op);
        if (new <= 0) {
            err = new;
            continue;
        }
        if (objects_push(&s->waiting, op) < 0
            || objects_push(&s->waiting, NULL) < 0)
        {
            return -1;
        }
        err = Py_TYPE(op)->tp_traverse(op, visit_owned, s);
    }
    return err;
}

static void
search_free(search *s)
{
    addresses_free(&s->seen);
    objects_free(&s->waiting);
}

/* Add all that the objects own, and they themselves, to the set. */
int
add_owned(objects *roots, addresses *set)
{
    objects found = {0};
    search s = {.found = &found};
    int err = 0;
    for (size_t i = 0; i < roots->n && err == 0; i++) {
        err = search_from(&s, roots->items[i]);
    }
    objects_free(&found);
    objects_free(&s.waiting);
    *set = s.seen;
    return err;
}

/* Mortal objects that immortal ones have come to refer to: they are not freed
   either.  The references to a mortal object that no other mortal one and no
   namespace of a module holds are of these.  An interpreter that has this
   built in includes what namespaces hold: all of them are whole yet. */
typedef struct {
    PyObject **keys;
    Py_ssize_t *counts;
    size_t allocated;
} counts;

static Py_ssize_t *
count_of(counts *c, PyObject *op, bool add)
{
    size_t mask = c->allocated - 1;
    size_t i = ((uintptr_t)op >> 4) & mask;
    while (c->keys[i] != NULL && c->keys[i] != op) {
        i = (i + 1) & mask;
    }
    if (c->keys[i] == NULL) {
        if (!add) {
            return NULL;
        }
        c->keys[i] = op;
    }
    return &c->counts[i];
}

static int
visit_subtract(PyObject *op, void *arg)
{
    Py_ssize_t *count = count_of((counts *)arg, op, false);
    if (count != NULL) {
        --*count;
    }
    return 0;
}

#ifndef Py_BUILD_CORE_BUILTIN
static void
subtract_modules(counts *c)
{
    PyObject *modules = PyInterpreterState_Get()->imports.modules;
    if (modules == NULL || !PyDict_Check(modules)) {
        return;
    }
    Py_ssize_t pos = 0;
    PyObject *module;
    while (PyDict_Next(modules, &pos, NULL, &module)) {
        PyObject *namespace = NULL;
        if (PyModule_Check(module)) {
            namespace = PyModule_GetDict(module);
        }
        if (namespace != NULL && _Py_IsImmortal(namespace)) {
            (void)PyDict_Type.tp_traverse(namespace, visit_subtract, c);
        }
    }
}
#endif

static int
list_mortal(objects *array)
{
#ifdef Py_GIL_DISABLED
    // No thread but this one runs when the interpreter ends.
    return list_tracked(array, NULL);
#else
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    for (int i = 0; i < GENERATIONS; i++) {
        PyGC_Head *list = generation_head(gc, i);
        for (PyGC_Head *g = _PyGCHead_NEXT(list);
             g != list;
             g = _PyGCHead_NEXT(g))
        {
            PyObject *op = _Py_FROM_GC(g);
            if (!PyFrame_Check(op) && op != core.marker
                && objects_push(array, op) < 0)
            {
                return -1;
            }
        }
    }
    return 0;
#endif
}

static int
find_kept(objects *mortal, objects *roots)
{
    counts c = {.allocated = 1024};
    while (c.allocated < mortal->n * 2) {
        c.allocated *= 2;
    }
    c.keys = PyMem_RawCalloc(c.allocated, sizeof(*c.keys));
    c.counts = PyMem_RawCalloc(c.allocated, sizeof(*c.counts));
    int err = c.keys == NULL || c.counts == NULL ? -1 : 0;
    if (err == 0) {
        for (size_t i = 0; i < mortal->n; i++) {
            PyObject *op = mortal->items[i];
            *count_of(&c, op, true) = Py_REFCNT(op);
        }
        for (size_t i = 0; i < mortal->n; i++) {
            PyObject *op = mortal->items[i];
            (void)Py_TYPE(op)->tp_traverse(op, visit_subtract, &c);
        }
#ifndef Py_BUILD_CORE_BUILTIN
        // They are cleared after this.
        subtract_modules(&c);
#endif
        for (size_t i = 0; i < mortal->n && err == 0; i++) {
            PyObject *op = mortal->items[i];
            if (*count_of(&c, op, false) > 0) {
                err = objects_push(roots, op);
            }
        }
    }
    PyMem_RawFree(c.keys);
    PyMem_RawFree(c.counts);
    return err;
}

/* Add the mortal objects with a finalizer that immortal ones keep, directly or
   by way of mortal ones. */
int
add_kept(objects *finalizable)
{
    objects mortal = {0}, roots = {0};
    addresses kept = {0};
    int err = list_mortal(&mortal);
    if (err == 0) {
        err = find_kept(&mortal, &roots);
    }
    if (err == 0) {
        err = add_owned(&roots, &kept);
    }
    for (size_t i = 0; i < mortal.n && err == 0; i++) {
        PyObject *op = mortal.items[i];
        if (needs_end(op) && addresses_have(&kept, op)) {
            err = objects_push(finalizable, op);
        }
    }
    objects_free(&mortal);
    objects_free(&roots);
    addresses_free(&kept);
    return err;
}

static bool
got_finalizer(void)
{
    for (size_t i = 0; i < core.classes.n; i++) {
        if (((PyTypeObject *)core.classes.items[i])->tp_finalize != NULL) {
            return true;
        }
    }
    return false;
}

/* Add the objects of classes that got a finalizer when they were immortal. */
int
add_late(objects *finalizable)
{
    if (!got_finalizer()) {
        return 0;
    }
    addresses known = {0};
    int err = 0;
    for (size_t i = 0; i < finalizable->n && err >= 0; i++) {
        err = addresses_add(&known, finalizable->items[i]);
    }
#ifdef Py_GIL_DISABLED
    for (size_t i = 0; i < core.members.n && err >= 0; i++) {
        PyObject *op = core.members.items[i];
#else
    for (PyGC_Head *g = _PyGCHead_NEXT(&core.immortal);
         g != &core.immortal && err >= 0;
         g = _PyGCHead_NEXT(g))
    {
        PyObject *op = _Py_FROM_GC(g);
#endif
        if (Py_TYPE(op)->tp_finalize != NULL && !addresses_have(&known, op)) {
            err = objects_push(finalizable, op);
        }
    }
    addresses_free(&known);
    return err < 0 ? -1 : 0;
}

/* Put owners in front of what they own, without what is to be left alone. */
int
in_order(objects *finalizable, const addresses *left_alone, objects *ordered)
{
    addresses wanted = {0};
    objects found = {0};
    search s = {.found = &found, .wanted = &wanted};
    int err = 0;
    for (size_t i = 0; i < finalizable->n && err >= 0; i++) {
        PyObject *op = finalizable->items[i];
        if (addresses_have(left_alone, op)) {
            continue;
        }
        err = addresses_add(&wanted, op);
        if (err == 1 && leads_away(op)) {
            // No GC header, for example; it owns nothing that can be seen.
            err = objects_push(ordered, op);
        }
    }
    // What is found last comes first, and so in the order of the array.
    for (size_t i = finalizable->n; i > 0 && err >= 0; i--) {
        PyObject *op = finalizable->items[i - 1];
        if (addresses_have(&wanted, op)) {
            err = search_from(&s, op);
        }
    }
    for (size_t i = found.n; i > 0 && err >= 0; i--) {
        err = objects_push(ordered, found.items[i - 1]);
    }
    search_free(&s);
    addresses_free(&wanted);
    objects_free(&found);
    return err < 0 ? -1 : 0;
}
