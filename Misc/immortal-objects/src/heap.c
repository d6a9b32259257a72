/* The two calls: one object with all that it refers to, and the whole heap. */

#include "core.h"

core_state core;

#ifndef Py_GIL_DISABLED

static void
merge_list(PyGC_Head *from, PyGC_Head *to)
{
    if (_PyGCHead_NEXT(from) == from) {
        return;
    }
    PyGC_Head *first = _PyGCHead_NEXT(from);
    PyGC_Head *last = (PyGC_Head *)from->_gc_prev;
    PyGC_Head *end = (PyGC_Head *)to->_gc_prev;
    _PyGCHead_SET_NEXT(end, first);
    _PyGCHead_SET_PREV(first, end);
    _PyGCHead_SET_NEXT(last, to);
    to->_gc_prev = (uintptr_t)last;
    from->_gc_next = from->_gc_prev = (uintptr_t)from;
}

static void
move_to_list(PyGC_Head *gc, PyGC_Head *to)
{
    PyGC_Head *prev = _PyGCHead_PREV(gc);
    PyGC_Head *next = _PyGCHead_NEXT(gc);
    _PyGCHead_SET_NEXT(prev, next);
    _PyGCHead_SET_PREV(next, prev);
    PyGC_Head *end = (PyGC_Head *)to->_gc_prev;
    _PyGCHead_SET_NEXT(end, gc);
    _PyGCHead_SET_PREV(gc, end);
    _PyGCHead_SET_NEXT(gc, to);
    to->_gc_prev = (uintptr_t)gc;
}

static void
init_list(PyGC_Head *list)
{
    list->_gc_next = list->_gc_prev = (uintptr_t)list;
}

#endif

static PyObject *gc_collect;

/* Return 0, or -1 with an exception set. */
int
core_init(void)
{
#ifndef Py_GIL_DISABLED
    if (core.immortal._gc_next == 0) {
        init_list(&core.immortal);
    }
#endif
    PyObject *gc = PyImport_ImportModule("gc");
    if (gc == NULL) {
        return -1;
    }
    Py_XSETREF(gc_collect, PyObject_GetAttrString(gc, "collect"));
    Py_DECREF(gc);
    return gc_collect == NULL ? -1 : ending_import();
}

/* Return 0, or -1 with an exception set. */
int
prepare(void)
{
    const char *reason = why_not_usable();
    if (reason != NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_RuntimeError, reason);
        }
        return -1;
    }
    if (ending_init() < 0 || datetime_init() < 0) {
        return -1;
    }
    finish_prepare();
    frames_prepare();
    walk_prepare();
    return 0;
}

/* Return 0, or -1 with an exception set. */
int
collect(void)
{
    PyObject *result = PyObject_CallNoArgs(gc_collect);
    if (result == NULL) {
        return -1;
    }
    Py_DECREF(result);
    return 0;
}

#ifndef Py_GIL_DISABLED

/* References that were counted before, in frames, generators, and code of the
   JIT, must not go on counting.  This can't fail, so that it also makes sound
   what a walk has left that found no memory. */
static void
settle_references(bool everywhere)
{
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    code_forget_executors();
    retag_threads();
    if (everywhere) {
        for (int i = 0; i < GENERATIONS; i++) {
            retag_list(generation_head(gc, i));
        }
        retag_list(&gc->permanent_generation.head);
        for (size_t i = 0; i < core.suspended.n; i++) {
            retag_object(core.suspended.items[i]);
        }
    }
}

/* The generators of the whole heap are looked through, when a good part of it
   has become immortal since they were: a call for each of many small objects
   costs no more than the objects then. */
static bool
is_due(Py_ssize_t taken)
{
    static Py_ssize_t pending;
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    pending += taken;
    if (pending * 64 < gc->long_lived_total + 64) {
        return false;
    }
    pending = 0;
    return true;
}

/* The walk from one object is over.  Return 0, or -1 without memory. */
static int
settle(immortal_walk *walk)
{
    int err = walk->constants ? code_rewrite_all() : 0;
    if (walk->taken > 0) {
        settle_references(is_due(walk->taken));
    }
    return err;
}

/* May C code be about to fill it, or to give it another length?  Nobody else
   refers to it until then. */
static bool
may_be_incomplete(PyObject *op)
{
    return Py_REFCNT(op) == 1
           && (PyFrozenSet_Check(op) || PyTuple_Check(op)
               || PyList_CheckExact(op));
}

typedef struct {
    PyGC_Head list;
} keeper;

/* A visitproc: what stays mortal keeps what it refers to. */
static int
visit_keep(PyObject *op, void *arg)
{
    keeper *kept = (keeper *)arg;
    if (!_Py_IsImmortal(op) && has_header(op) && is_tracked(op)
        && !(_Py_AS_GC(op)->_gc_prev & _PyGC_PREV_MASK_COLLECTING))
    {
        move_to_list(_Py_AS_GC(op), &kept->list);
        // The collector's own mark, for the time of this function's caller
        _Py_AS_GC(op)->_gc_prev |= _PyGC_PREV_MASK_COLLECTING;
    }
    return 0;
}

/* Move the objects that are to stay mortal, and what they refer to, to a list.
   A walk can still meet the latter. */
static void
keep_mortal(immortal_walk *walk, keeper *kept)
{
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    init_list(&kept->list);
    if (walk->mortal == NULL) {
        return;
    }
    for (int i = 0; i < GENERATIONS; i++) {
        PyGC_Head *list = generation_head(gc, i);
        PyGC_Head *next;
        for (PyGC_Head *g = _PyGCHead_NEXT(list); g != list; g = next) {
            next = _PyGCHead_NEXT(g);
            if (stays_mortal(walk, _Py_FROM_GC(g))) {
                (void)visit_keep(_Py_FROM_GC(g), kept);
            }
        }
    }
    for (PyGC_Head *g = _PyGCHead_NEXT(&kept->list);
         g != &kept->list;
         g = _PyGCHead_NEXT(g))
    {
        PyObject *op = _Py_FROM_GC(g);
        if (!PyFrame_Check(op)) {
            (void)Py_TYPE(op)->tp_traverse(op, visit_keep, kept);
        }
    }
}

static void
release_kept(keeper *kept, PyGC_Head *oldest)
{
    for (PyGC_Head *g = _PyGCHead_NEXT(&kept->list);
         g != &kept->list;
         g = _PyGCHead_NEXT(g))
    {
        g->_gc_prev &= ~_PyGC_PREV_MASK_COLLECTING;
    }
    merge_list(&kept->list, oldest);
}

/* Make the objects of a list immortal, up to the marker if there is one. */
static int
take_list(immortal_walk *walk, PyGC_Head *list, PyGC_Head *incomplete)
{
    PyGC_Head *next;
    for (PyGC_Head *g = _PyGCHead_NEXT(list); g != list; g = next) {
        next = _PyGCHead_NEXT(g);
        PyObject *op = _Py_FROM_GC(g);
        if (op == core.marker) {
            if (walk->again) {
                break;
            }
            continue;
        }
        if (_Py_IsImmortal(op)) {
            // A weak reference: for its callback a collection moved it here.
            walk_relink(op);
        }
        else if (may_be_incomplete(op)) {
            move_to_list(g, incomplete);
        }
        else if (can_be_immortal(op) && walk_take(walk, op) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Make immortal what survived a full collection, all or what precedes the
   marker. */
static int
take_survivors(immortal_walk *walk)
{
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    PyGC_Head *oldest = generation_head(gc, GENERATIONS - 1);
    keeper kept;
    PyGC_Head incomplete;
    walk_renew(walk);
    keep_mortal(walk, &kept);
    init_list(&incomplete);
    int err = take_list(walk, oldest, &incomplete);
    for (int i = 0; i < GENERATIONS - 1 && !walk->again && !err; i++) {
        err = take_list(walk, generation_head(gc, i), &incomplete);
    }
    // They stay mortal, unless an object refers to them; their items don't.
    while (_PyGCHead_NEXT(&incomplete) != &incomplete) {
        PyGC_Head *g = _PyGCHead_NEXT(&incomplete);
        PyObject *op = _Py_FROM_GC(g);
        move_to_list(g, oldest);
        if (!err) {
            err = Py_TYPE(op)->tp_traverse(op, walk_visit_unfilled, walk);
        }
    }
    // C code keeps names where the collector doesn't look.
    if (!err && !walk->again) {
        err = visit_interned(walk_visit, walk);
    }
    if (!err) {
        err = walk_run(walk);
    }
    release_kept(&kept, oldest);
    return err;
}

static Py_ssize_t
list_size(PyGC_Head *from, PyGC_Head *list)
{
    Py_ssize_t n = 0;
    for (PyGC_Head *g = _PyGCHead_NEXT(from); g != list; g = _PyGCHead_NEXT(g))
    {
        n++;
    }
    return n;
}

/* The same program calls once more.  What is new may be the work of a moment:
   only what was alive at the call before is taken, unless there is so much of
   the new that the program was not loaded then: a third more containers, or a
   quarter more memory, for 3.12 and 3.13 track no dicts of strings. */
static bool
is_again(void)
{
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    if (core.marker == NULL || core.calls == 0
        || count_arenas() * 4 > core.arenas * 5)
    {
        return false;
    }
    PyGC_Head *oldest = generation_head(gc, GENERATIONS - 1);
    Py_ssize_t n = 0;
    for (int i = 0; i < GENERATIONS - 1; i++) {
        PyGC_Head *list = generation_head(gc, i);
        n += list_size(list, list);
    }
    if (_Py_IsImmortal(core.marker) || !is_tracked(core.marker)) {
        return false;
    }
    n += list_size(_Py_AS_GC(core.marker), oldest);
    return n < core.tracked / 3;
}

static int
renew_marker(void)
{
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    if (core.marker == NULL) {
        core.marker = PyList_New(0);
        if (core.marker == NULL) {
            return -1;
        }
    }
    PyGC_Head *oldest = generation_head(gc, GENERATIONS - 1);
    move_to_list(_Py_AS_GC(core.marker), oldest);
    gc->long_lived_total = list_size(oldest, oldest);
    gc->long_lived_pending = 0;
    return 0;
}

static int
walk_heap(immortal_walk *walk)
{
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    PyGC_Head *oldest = generation_head(gc, GENERATIONS - 1);
    PyGC_Head *frozen = &gc->permanent_generation.head;
    // Frozen objects take part like others, and in front of them.
    merge_list(oldest, frozen);
    merge_list(frozen, oldest);
    if (is_again()) {
        walk->again = true;
        return collect() < 0 ? -2 : take_survivors(walk);
    }
    // What the roots reach needs no proof, by a collection, that it is alive.
    walk->last = &core.immortal;
    if (visit_roots(walk_visit, walk) < 0 || walk_run(walk) < 0) {
        return -1;
    }
    if (collect() < 0) {
        return -2;
    }
    core.arenas = count_arenas();
    return take_survivors(walk);
}

/* The number of objects that became immortal, or -1 with an exception set */
Py_ssize_t
immortalize_heap(PyObject *mortal)
{
    if (prepare() < 0) {
        return -1;
    }
    if (PyInterpreterState_Get()->gc.collecting) {
        PyErr_SetString(PyExc_RuntimeError,
                        "cannot immortalize the heap during a collection");
        return -1;
    }
    immortal_walk walk;
    walk_init(&walk, true, PyTuple_GET_SIZE(mortal) > 0 ? mortal : NULL);
    int err = walk_heap(&walk);
    PyObject *exception = PyErr_GetRaisedException();
    settle_references(true);
    if (code_rewrite_all() < 0 && err == 0) {
        err = -1;
    }
    PyErr_SetRaisedException(exception);
    Py_XSETREF(core.mortal, Py_NewRef(mortal));
    Py_ssize_t taken = walk.taken;
    walk_fini(&walk);
    if (err == -1) {
        PyErr_NoMemory();
    }
    if (err < 0 || renew_marker() < 0) {
        return -1;
    }
    core.calls++;
    retire_pools();
    return taken;
}

#endif

/* Instances of the types in the tuple mortal stay mortal, but for the object
   itself.  A new reference to the object, or NULL with an exception set */
PyObject *
immortalize(PyObject *obj, PyObject *mortal)
{
    if (PyFrame_Check(obj)) {
        PyErr_Format(PyExc_TypeError, "cannot make a %.200s object immortal",
                     Py_TYPE(obj)->tp_name);
        return NULL;
    }
    if (prepare() < 0) {
        return NULL;
    }
    immortal_walk walk;
    walk_init(&walk, false, PyTuple_GET_SIZE(mortal) > 0 ? mortal : NULL);
    stop_world();
    int err = walk_from(&walk, obj);
    start_world();
    int err_settled = settle(&walk);
    err = err ? err : err_settled;
    walk_fini(&walk);
    if (err < 0) {
        return err == -2 ? NULL : PyErr_NoMemory();
    }
    return Py_NewRef(obj);
}
