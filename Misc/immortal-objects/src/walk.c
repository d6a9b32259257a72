/* The walk: makes immortal what can be reached from some objects. */

#include "core.h"

/* How deep lists, tuples and dicts in each other are traversed at once, while
   they are in the processor's caches. */
#define MAX_NESTING 8

void
walk_init(immortal_walk *walk, bool heap, PyObject *mortal)
{
    memset(walk, 0, sizeof(*walk));
    walk->heap = heap;
    walk->mortal = mortal;
#ifndef Py_GIL_DISABLED
    walk->last = _PyGCHead_PREV(&core.immortal);
#endif
}

void
walk_fini(immortal_walk *walk)
{
    objects_free(&walk->stack);
    objects_free(&walk->arrays);
    addresses_free(&walk->seen);
}

/* Forget addresses, after a collection: it may have freed what was met and not
   made immortal, and moved the last object that was traversed. */
void
walk_renew(immortal_walk *walk)
{
    addresses_free(&walk->seen);
    memset(walk->compared, 0, sizeof(walk->compared));
#ifndef Py_GIL_DISABLED
    walk->last = _PyGCHead_PREV(&core.immortal);
#endif
}

/* A frame dies as its function returns; the others tell of something by their
   end, or by their place. */
bool
can_be_immortal(PyObject *op)
{
#ifdef Py_GIL_DISABLED
    if (!is_settled(op)) {
        return false;
    }
#endif
    return !PyFrame_Check(op) && op != core.marker && op != core.end
           && op != core.main;
}

/* Is the object of a type whose instances are to stay mortal? */
bool
stays_mortal(immortal_walk *walk, PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    if (walk->mortal == NULL) {
        return false;
    }
    size_t i = ((uintptr_t)type >> 5) % Py_ARRAY_LENGTH(walk->compared);
    if (walk->compared[i].type == type) {
        return walk->compared[i].is_mortal;
    }
    bool found = false;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(walk->mortal); k++) {
        PyObject *base = PyTuple_GET_ITEM(walk->mortal, k);
        found |= PyType_IsSubtype(type, (PyTypeObject *)base) != 0;
    }
    walk->compared[i].type = type;
    walk->compared[i].is_mortal = found;
    return found;
}

#ifdef Py_GIL_DISABLED

static inline bool
is_linked(PyObject *Py_UNUSED(op))
{
    return false;
}

/* List an object that the collector looks at, before it is immortal. */
static int
add_member(PyObject *op)
{
    if (!PyObject_IS_GC(op) || !is_tracked(op)) {
        return 0;
    }
    if (objects_push(&core.members, op) < 0) {
        return -1;
    }
    core.tracked++;
    return 0;
}

#else

static void
unlink_header(PyGC_Head *gc)
{
    PyGC_Head *prev = _PyGCHead_PREV(gc);
    PyGC_Head *next = _PyGCHead_NEXT(gc);
    _PyGCHead_SET_NEXT(prev, next);
    _PyGCHead_SET_PREV(next, prev);
}

/* Is its header in a list?  Whoever has not tracked an object yet may do so
   later, so that its header must be left alone. */
static inline bool
is_linked(PyObject *op)
{
    return has_header(op) && is_tracked(op);
}

/* Put the header of an object behind another in core.immortal, from the list
   that it is in.  A flag that says that the object was finalized stays. */
static void
link_header(PyObject *op, PyGC_Head *prev)
{
    PyGC_Head *gc = _Py_AS_GC(op);
    unlink_header(gc);
    PyGC_Head *next = _PyGCHead_NEXT(prev);
    gc->_gc_prev &= ~_PyGC_PREV_MASK_COLLECTING;
    _PyGCHead_SET_PREV(gc, prev);
    _PyGCHead_SET_NEXT(gc, next);
    _PyGCHead_SET_PREV(next, gc);
    _PyGCHead_SET_NEXT(prev, gc);
    core.tracked++;
}

/* Put an object that was immortal before where it belongs, to be traversed
   once more. */
void
walk_relink(PyObject *op)
{
    link_header(op, _PyGCHead_PREV(&core.immortal));
    core.tracked--;
}

#endif

static inline bool
is_leaf(PyTypeObject *type)
{
    return type == &PyUnicode_Type || type == &PyLong_Type
           || type == &PyFloat_Type || type == &PyBytes_Type;
}

static inline bool
has_items(PyTypeObject *type)
{
    return type == &PyDict_Type || type == &PyList_Type
           || type == &PyTuple_Type;
}

/* Does the object refer to others although it has no GC header? */
static bool
is_inner(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    return type->tp_traverse != NULL || type == &PyCode_Type
           || type == &PyRange_Type || type->tp_as_buffer != NULL
           || type->tp_flags & Py_TPFLAGS_HEAPTYPE
           || !is_leaf(type);
}

/* List the object with those that something is done for later; or nowhere,
   when there is no memory: it stays mortal then. */
static int
note(PyObject *op)
{
    size_t n_finalizable = core.finalizable.n;
    size_t n_classes = core.classes.n;
    bool is_class = PyType_Check(op) && PyObject_IS_GC(op)
                    && ((PyTypeObject *)op)->tp_finalize == NULL;
    if ((needs_end(op) && finish_note(op) < 0)
        || (is_class && objects_push(&core.classes, op) < 0)
        || (has_frames(op) && objects_push(&core.suspended, op) < 0))
    {
        core.finalizable.n = n_finalizable;
        core.classes.n = n_classes;
        return -1;
    }
    return 0;
}

/* Make the object immortal and see to it that it is traversed. */
int
walk_take(immortal_walk *walk, PyObject *op)
{
    bool linked = is_linked(op);
    if (!linked && is_inner(op) && objects_push(&walk->stack, op) < 0) {
        return -1;
    }
#ifdef Py_GIL_DISABLED
    size_t n_members = core.members.n;
    if (add_member(op) < 0 || note(op) < 0) {
        core.members.n = n_members;
        return -1;
    }
    share_id(op);
#else
    if (note(op) < 0) {
        return -1;
    }
#endif
    if (!walk->constants && !walk->heap) {
        walk->constants = code_may_load(op);
    }
    set_immortal_count(op);
    cache_hash(op);
    walk->taken++;
#ifndef Py_GIL_DISABLED
    if (linked) {
        link_header(op, _PyGCHead_PREV(&core.immortal));
    }
#endif
    return 0;
}

#define VISIT_ITEM(op) \
    do { \
        PyObject *item_ = (op); \
        if (item_ != NULL && walk_visit(item_, walk) < 0) { \
            return -1; \
        } \
    } while (0)

/* The items of a list, tuple or dict, in the order in which they probably lie
   in memory */
static int
traverse_items(immortal_walk *walk, PyObject *op)
{
    if (!PyDict_CheckExact(op)) {
        PyObject **items = PySequence_Fast_ITEMS(op);
        Py_ssize_t n = Py_SIZE(op);
        for (Py_ssize_t i = 0; i < n; i++) {
            VISIT_ITEM(items[i]);
        }
        return 0;
    }
    PyDictObject *dict = (PyDictObject *)op;
    PyDictKeysObject *keys = dict->ma_keys;
    Py_ssize_t n = keys->dk_nentries;
    if (!DK_IS_UNICODE(keys)) {
        PyDictKeyEntry *entries = DK_ENTRIES(keys);
        for (Py_ssize_t i = 0; i < n; i++) {
            if (entries[i].me_value != NULL) {
                VISIT_ITEM(entries[i].me_key);
                VISIT_ITEM(entries[i].me_value);
            }
        }
        return 0;
    }
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    for (Py_ssize_t i = 0; i < n; i++) {
        VISIT_ITEM(entries[i].me_key);
        VISIT_ITEM(dict->ma_values != NULL ? dict->ma_values->values[i]
                                           : entries[i].me_value);
    }
    return 0;
}

/* The same as walk_take() for a list, tuple or dict, which is traversed at
   once and goes where the traversed objects are: to the front of the list. */
static int
take_items(immortal_walk *walk, PyObject *op)
{
    if (!walk->constants && !walk->heap) {
        walk->constants = code_may_load(op);
    }
#ifdef Py_GIL_DISABLED
    if (add_member(op) < 0) {
        return -1;
    }
    share_id(op);
#endif
    set_immortal_count(op);
    walk->taken++;
#ifndef Py_GIL_DISABLED
    if (is_tracked(op)) {
        link_header(op, &core.immortal);
        if (walk->last == &core.immortal) {
            walk->last = _Py_AS_GC(op);
        }
    }
#endif
    walk->nesting++;
    int err = traverse_items(walk, op);
    walk->nesting--;
    // When the hashes of its items are there
    cache_hash(op);
    return err;
}

/* What is immortal from the start refers to mortal objects in a few cases. */
static int
visit_immortal(immortal_walk *walk, PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    if (type == &PyUnicode_Type) {
        cache_hash(op);
        return 0;
    }
    if (is_leaf(type) || is_linked(op)) {
        // Numbers; and what was made immortal here
        return 0;
    }
    bool is_static_type = PyType_Check(op) && !PyType_HasFeature(
        (PyTypeObject *)op, Py_TPFLAGS_HEAPTYPE);
    if (is_static_type || (walk->heap && PyCode_Check(op))) {
        int new = addresses_add(&walk->seen, op);
        if (new < 0 || (new && objects_push(&walk->stack, op) < 0)) {
            return -1;
        }
    }
    return 0;
}

/* What stays mortal refers to objects that only it holds.  They stay mortal,
   too, but for the items of arrays. */
static int
visit_mortal(immortal_walk *walk, PyObject *op)
{
    if (holds_objects(op)) {
        int new = addresses_add(&walk->seen, op);
        if (new < 0 || (new && objects_push(&walk->arrays, op) < 0)) {
            return -1;
        }
    }
    return 0;
}

/* A visitproc. */
int
walk_visit(PyObject *op, void *arg)
{
    immortal_walk *walk = (immortal_walk *)arg;
    if (_Py_IsImmortal(op)) {
        return visit_immortal(walk, op);
    }
    PyTypeObject *type = Py_TYPE(op);
    if (walk->mortal != NULL && stays_mortal(walk, op)) {
        return visit_mortal(walk, op);
    }
#ifdef Py_GIL_DISABLED
    if (!is_settled(op)) {
        return leave_for_later(walk, op);
    }
#endif
    if (is_leaf(type)) {
        // Most objects.  They refer to nothing but a static type.
        if (!walk->constants && !walk->heap) {
            walk->constants = code_may_load(op);
        }
        set_immortal_count(op);
        cache_hash(op);
        walk->taken++;
        return 0;
    }
    if (walk->again && is_linked(op)) {
        return 0;
    }
    if (has_items(type) && walk->nesting < MAX_NESTING && op != core.marker) {
        return take_items(walk, op);
    }
    if (!can_be_immortal(op) || (!walk->heap && PyModule_Check(op))) {
        return 0;
    }
    return walk_take(walk, op);
}

/* A visitproc for what C code may be about to fill.  Another thread may be
   decompressing into bytes that only a list of C code refers to, and BytesIO's
   own can be written to: they have no hash yet. */
int
walk_visit_unfilled(PyObject *op, void *walk)
{
    if (PyBytes_CheckExact(op) && Py_REFCNT(op) == 1) {
        return 0;
    }
    return walk_visit(op, walk);
}

static PyTypeObject *bytes_io_type;

void
walk_prepare(void)
{
    if (bytes_io_type == NULL) {
        bytes_io_type = find_type("_io", "BytesIO");
    }
}

static visitproc
visitor_for(PyObject *op)
{
    bool is_unfilled = bytes_io_type != NULL
                       && PyObject_TypeCheck(op, bytes_io_type);
    return is_unfilled ? walk_visit_unfilled : walk_visit;
}

/* Visit everything that the object refers to. */
int
walk_traverse(immortal_walk *walk, PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    if (walk_visit((PyObject *)type, walk) < 0) {
        return -1;
    }
    if (has_items(type)) {
        int err = traverse_items(walk, op);
        cache_hash(op);
        return err;
    }
    if (is_closable(op)) {
        // What it holds is freed when it is closed at the end.
        return 0;
    }
    if (PyFunction_Check(op) && !walk->heap) {
        return visit_function((PyFunctionObject *)op, walk_visit, walk);
    }
    if (visit_hidden(op, walk_visit, walk) < 0) {
        return -1;
    }
    if (PyCode_Check(op)) {
        code_take((PyCodeObject *)op);
    }
    if (PyType_Check(op)) {
        if (!PyType_HasFeature((PyTypeObject *)op, Py_TPFLAGS_HEAPTYPE)) {
            return 0;
        }
        seal_class((PyTypeObject *)op);
    }
    if (holds_objects(op) && objects_push(&walk->arrays, op) < 0) {
        return -1;
    }
    if (type->tp_traverse != NULL) {
        int err = type->tp_traverse(op, visitor_for(op), walk);
        if (err < 0) {
            return err;
        }
    }
    // What it refers to is immortal now, and what it counts without a test...
    retag_object(op);
#ifdef HAVE_FROZENDICT
    if (PyFrozenDict_CheckExact(op)) {
        // When the hashes of its values are there
        cache_hash(op);
    }
#endif
    return 0;
}

/* Traverse what waits. */
int
walk_run(immortal_walk *walk)
{
    for (;;) {
        if (walk->stack.n > 0) {
            if (walk_traverse(walk, walk->stack.items[--walk->stack.n]) < 0) {
                return -1;
            }
            continue;
        }
#ifndef Py_GIL_DISABLED
        PyGC_Head *next = _PyGCHead_NEXT(walk->last);
        if (next != &core.immortal) {
            walk->last = next;
            if (walk_traverse(walk, _Py_FROM_GC(next)) < 0) {
                return -1;
            }
            continue;
        }
#endif
        if (walk->arrays.n == 0) {
            return 0;
        }
        if (visit_buffers(walk) < 0) {
            return -1;
        }
    }
}

/* Make an object immortal, and what can be reached from it; only the latter if
   it can't be, or was before: it may refer to mortal objects by now. */
int
walk_from(immortal_walk *walk, PyObject *op)
{
    int err;
    if (_Py_IsImmortal(op)) {
        err = walk_traverse(walk, op);
    }
#ifdef Py_GIL_DISABLED
    else if (!is_settled(op)) {
        err = leave_for_later(walk, op);
    }
#endif
    else if (can_be_immortal(op)) {
        err = walk_take(walk, op);
    }
    else {
        err = walk_traverse(walk, op);
    }
    return err < 0 ? err : walk_run(walk);
}
