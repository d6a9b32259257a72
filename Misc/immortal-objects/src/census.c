/* What is immortal, what isn't and why; and which counts have drifted. */

#include "core.h"

/* Calls a function once for each object that was made immortal here. */
typedef int (*object_callback)(PyObject *op, void *arg);

typedef struct {
    addresses seen;         /* without a GC header, or not linked */
    objects waiting;
    object_callback callback;
    void *arg;
} tour;

static int
tour_visit(PyObject *op, void *arg)
{
    tour *t = (tour *)arg;
    if (!has_our_count(op) || (has_header(op) && is_tracked(op))) {
        return 0;
    }
    int new = addresses_add(&t->seen, op);
    if (new <= 0) {
        return new;
    }
    return objects_push(&t->waiting, op);
}

static int
tour_one(tour *t, PyObject *op)
{
    int err = t->callback(op, t->arg);
    if (err == 0 && holds_objects(op)) {
        return 0;
    }
    if (err == 0) {
        err = visit_hidden(op, tour_visit, t);
    }
    bool is_static = PyType_Check(op) && !PyType_HasFeature(
        (PyTypeObject *)op, Py_TPFLAGS_HEAPTYPE);
    if (err == 0 && Py_TYPE(op)->tp_traverse != NULL && !is_static) {
        err = Py_TYPE(op)->tp_traverse(op, tour_visit, t);
    }
    return err;
}

/* Return 0, -1 without memory, or what the callback returns if not 0. */
static int
each_immortal(object_callback callback, void *arg)
{
    tour t = {.callback = callback, .arg = arg};
    int err = visit_interned(tour_visit, &t);
    if (err == 0) {
        err = visit_roots(tour_visit, &t);
    }
#ifdef Py_GIL_DISABLED
    size_t i = 0;
#else
    PyGC_Head *gc = _PyGCHead_NEXT(&core.immortal);
#endif
    while (err == 0) {
        if (t.waiting.n > 0) {
            err = tour_one(&t, t.waiting.items[--t.waiting.n]);
        }
#ifdef Py_GIL_DISABLED
        else if (i < core.members.n) {
            PyObject *op = core.members.items[i++];
            // One that is mortal, for whatever reason, has drifted.
            err = _Py_IsImmortal(op) ? tour_visit(op, &t)
                  : t.callback(op, t.arg);
        }
#else
        else if (gc != &core.immortal) {
            err = tour_one(&t, _Py_FROM_GC(gc));
            gc = _PyGCHead_NEXT(gc);
        }
#endif
        else {
            break;
        }
    }
    addresses_free(&t.seen);
    objects_free(&t.waiting);
    return err;
}

/* Objects and bytes by type, in a hash table of its own: a dict of the
   interpreter would count each type for each object. */
typedef struct {
    PyTypeObject *type;
    Py_ssize_t objects;
    Py_ssize_t bytes;
} entry;

typedef struct {
    entry *entries;
    size_t allocated;       /* a power of two, or 0 */
    size_t used;
} table;

static entry *
table_find(const table *t, PyTypeObject *type)
{
    size_t i = ((uintptr_t)type >> 4) & (t->allocated - 1);
    while (t->entries[i].type != NULL && t->entries[i].type != type) {
        i = (i + 1) & (t->allocated - 1);
    }
    return &t->entries[i];
}

static int
table_grow(table *t)
{
    table new = {.allocated = t->allocated ? t->allocated * 2 : 1024,
                 .used = t->used};
    new.entries = PyMem_RawCalloc(new.allocated, sizeof(entry));
    if (new.entries == NULL) {
        return -1;
    }
    for (size_t i = 0; i < t->allocated; i++) {
        if (t->entries[i].type != NULL) {
            *table_find(&new, t->entries[i].type) = t->entries[i];
        }
    }
    PyMem_RawFree(t->entries);
    *t = new;
    return 0;
}

static Py_ssize_t
keys_size(PyDictKeysObject *keys)
{
    size_t entry_size = DK_IS_UNICODE(keys) ? sizeof(PyDictUnicodeEntry)
                                            : sizeof(PyDictKeyEntry);
    // Two thirds of the slots can be used.
    size_t usable = ((size_t)DK_SIZE(keys) << 1) / 3;
    return (Py_ssize_t)(sizeof(PyDictKeysObject)
                        + ((size_t)1 << keys->dk_log2_index_bytes)
                        + usable * entry_size);
}

/* Bytes of the object and its header, without tables that it owns elsewhere:
   no code of the application is run. */
static Py_ssize_t
size_of(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    Py_ssize_t size = type->tp_basicsize;
    if (PyUnicode_CheckExact(op)) {
        size = (PyUnicode_IS_ASCII(op) ? sizeof(PyASCIIObject)
                                       : sizeof(PyCompactUnicodeObject))
               + (PyUnicode_GET_LENGTH(op) + 1) * PyUnicode_KIND(op);
    }
    else if (PyLong_Check(op)) {
        size = type->tp_basicsize
               + (Py_ssize_t)(_PyLong_NumBits(op) / PyLong_SHIFT)
                 * (Py_ssize_t)sizeof(digit);
    }
    else if (type->tp_itemsize > 0) {
        Py_ssize_t n = ((PyVarObject *)op)->ob_size;
        size += (n < 0 ? -n : n) * type->tp_itemsize;
    }
    if (PyList_CheckExact(op)) {
        size += ((PyListObject *)op)->allocated * (Py_ssize_t)sizeof(void *);
    }
    if (is_any_dict(op) && ((PyDictObject *)op)->ma_values == NULL) {
        size += keys_size(((PyDictObject *)op)->ma_keys);
    }
#ifndef Py_GIL_DISABLED
    if (PyObject_IS_GC(op)) {
        size += (Py_ssize_t)sizeof(PyGC_Head);
    }
#endif
    return size;
}

/* The object's type; in place of a class whose metaclass hashes or compares in
   its own way, which would be code of the application, its base. */
static PyTypeObject *
plain_type(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    while (Py_TYPE(type)->tp_hash != PyType_Type.tp_hash
           || Py_TYPE(type)->tp_richcompare != PyType_Type.tp_richcompare)
    {
        type = type->tp_base;
    }
    return type;
}

/* An object_callback */
static int
table_add(PyObject *op, void *arg)
{
    table *t = (table *)arg;
    if (t->used * 2 >= t->allocated && table_grow(t) < 0) {
        return -1;
    }
    PyTypeObject *type = plain_type(op);
    entry *found = table_find(t, type);
    if (found->type == NULL) {
        // Other threads may drop it before the table is moved.
        Py_INCREF(type);
        found->type = type;
        t->used++;
    }
    found->objects++;
    found->bytes += size_of(op);
    return 0;
}

static void
table_free(table *t)
{
    for (size_t i = 0; i < t->allocated; i++) {
        Py_XDECREF(t->entries[i].type);
    }
    PyMem_RawFree(t->entries);
    memset(t, 0, sizeof(*t));
}

/* Frees the table, and puts what it says into a dict of the result. */
static int
table_move(table *t, PyObject *result, const char *name)
{
    PyObject *dict = PyDict_New();
    for (size_t i = 0; i < t->allocated && dict != NULL; i++) {
        entry *e = &t->entries[i];
        if (e->type == NULL) {
            continue;
        }
        PyObject *pair = Py_BuildValue("nn", e->objects, e->bytes);
        PyObject *type = (PyObject *)e->type;
        if (pair == NULL || PyDict_SetItem(dict, type, pair) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(pair);
    }
    table_free(t);
    if (dict == NULL) {
        return -1;
    }
    int err = PyDict_SetItemString(result, name, dict);
    Py_DECREF(dict);
    return err;
}

enum {IMMORTAL, NAMED, RUNNING, UNFINISHED, LATER, N_REASONS};

static const char *const reasons[N_REASONS] = {
    "immortal", "mortal type", "running", "unfinished", "later",
};

/* Why is a tracked object mortal? */
static int
reason_for(PyObject *op, bool is_old)
{
    immortal_walk walk = {.mortal = core.mortal};
    if (stays_mortal(&walk, op)) {
        return NAMED;
    }
    if (PyFrame_Check(op)) {
        return RUNNING;
    }
    return is_old ? UNFINISHED : LATER;
}

#ifdef Py_GIL_DISABLED
typedef struct {
    table *tables;
    int err;
} mortal_tables;

static int
add_one_mortal(PyObject *op, void *arg)
{
    mortal_tables *m = (mortal_tables *)arg;
    if (op != core.marker) {
        bool is_old = addresses_have(&core.unfinished, op);
        m->err = table_add(op, &m->tables[reason_for(op, is_old)]);
    }
    return m->err == 0;
}
#endif

static int
add_mortal(table *tables)
{
#ifdef Py_GIL_DISABLED
    mortal_tables m = {.tables = tables};
    PyUnstable_GC_VisitObjects(add_one_mortal, &m);
    return m.err;
#else
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    for (int i = 0; i < GENERATIONS; i++) {
        PyGC_Head *list = generation_head(gc, i);
        // What lies in front of the marker was there at the call.
        bool is_old = i == GENERATIONS - 1 && core.marker != NULL;
        for (PyGC_Head *g = _PyGCHead_NEXT(list);
             g != list;
             g = _PyGCHead_NEXT(g))
        {
            PyObject *op = _Py_FROM_GC(g);
            if (op == core.marker) {
                is_old = false;
                continue;
            }
            if (table_add(op, &tables[reason_for(op, is_old)]) < 0) {
                return -1;
            }
        }
    }
    return 0;
#endif
}

/* A new dict {reason: {type: (objects, bytes)}}, or NULL with an exception */
PyObject *
census(void)
{
    table tables[N_REASONS] = {0};
    stop_world();
    int err = each_immortal(table_add, &tables[IMMORTAL]);
    start_world();
    if (err == 0) {
        err = add_mortal(tables);
    }
    PyObject *result = NULL;
    if (err < 0) {
        PyErr_NoMemory();
    }
    else {
        result = PyDict_New();
    }
    for (int i = 0; i < N_REASONS && result != NULL; i++) {
        if (table_move(&tables[i], result, reasons[i]) < 0) {
            Py_CLEAR(result);
        }
    }
    for (int i = 0; i < N_REASONS; i++) {
        table_free(&tables[i]);
    }
    return result;
}

typedef struct {
    objects found;
} drifted;

static int
note_drift(PyObject *op, void *arg)
{
    if (count_difference(op) == 0) {
        return 0;
    }
#ifdef Py_GIL_DISABLED
    if (is_sink(op)) {
        return 0;
    }
#endif
    return objects_push(&((drifted *)arg)->found, op);
}

/* A new list of pairs of an object and the difference of its count to what it
   was set to, which it is set to again; NULL with an exception set */
PyObject *
drift(void)
{
    drifted d = {0};
    stop_world();
    int err = each_immortal(note_drift, &d);
    start_world();
    PyObject *result = NULL;
    if (err < 0) {
        PyErr_NoMemory();
    }
    else {
        result = PyList_New(0);
    }
    for (size_t i = 0; i < d.found.n && result != NULL; i++) {
        PyObject *op = d.found.items[i];
        long long difference = (long long)count_difference(op);
        stop_world();
        set_immortal_count(op);
        start_world();
        PyObject *pair = Py_BuildValue("OL", op, difference);
        if (pair == NULL || PyList_Append(result, pair) < 0) {
            Py_CLEAR(result);
        }
        Py_XDECREF(pair);
    }
    objects_free(&d.found);
    return result;
}
