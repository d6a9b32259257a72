/* The two calls in free-threaded builds: as heap.c, without the collector's
   lists.

   What the collector looks at is listed, with a reference of ours to each;
   then the world is stopped, and the walk goes through what was listed. */

#include "core.h"

#ifdef Py_GIL_DISABLED

/* Give the classes that became immortal a version each. */
static void
give_versions(void)
{
    objects classes;
    if (_Py_atomic_load_ptr_relaxed(&core.unversioned.items) == NULL) {
        return;
    }
    stop_world();
    classes = core.unversioned;
    memset(&core.unversioned, 0, sizeof(core.unversioned));
    start_world();
    for (size_t i = 0; i < classes.n; i++) {
        give_version((PyTypeObject *)classes.items[i]);
    }
    objects_free(&classes);
}

/* Let go of objects; what is immortal is not counted. */
static void
let_go(objects *array)
{
    for (size_t i = 0; i < array->n; i++) {
        Py_DECREF(array->items[i]);
    }
    objects_free(array);
}

/* The walk is over and the world runs.  Take what had to be left for its owner
   to merge, once: who is in a collection gets no other one.  Return 0, -1
   without memory, or -2 with an exception set. */
static int
take_left(immortal_walk *walk)
{
    objects left = walk->left;
    memset(&walk->left, 0, sizeof(walk->left));
    if (left.n == 0) {
        return 0;
    }
    int err = collect() < 0 ? -2 : 0;
    stop_world();
    walk_renew(walk);
    for (size_t i = 0; i < left.n && err == 0; i++) {
        PyObject *op = left.items[i];
        if (!_Py_IsImmortal(op) && can_be_immortal(op)) {
            err = walk_take(walk, op);
        }
        if (err == 0) {
            err = walk_run(walk);
        }
    }
    start_world();
    let_go(&left);
    let_go(&walk->left);
    return err;
}

/* The walk from one object is over, and the world runs.  Return as
   take_left(). */
int
settle(immortal_walk *walk)
{
    int err = take_left(walk);
    give_versions();
    return err;
}

/* What is to stay mortal, with what it refers to */
typedef struct {
    addresses all;
    objects waiting;
} keeper;

/* A visitproc */
static int
visit_keep(PyObject *op, void *arg)
{
    keeper *kept = (keeper *)arg;
    if (_Py_IsImmortal(op) || !PyObject_IS_GC(op) || !is_tracked(op)
        || PyFrame_Check(op))
    {
        return 0;
    }
    int new = addresses_add(&kept->all, op);
    return new <= 0 ? new : objects_push(&kept->waiting, op);
}

static int
keep_mortal(immortal_walk *walk, const objects *listed, keeper *kept)
{
    int err = 0;
    for (size_t i = 0; i < listed->n && walk->mortal != NULL && !err; i++) {
        if (stays_mortal(walk, listed->items[i])) {
            err = visit_keep(listed->items[i], kept);
        }
    }
    while (kept->waiting.n > 0 && err == 0) {
        PyObject *op = kept->waiting.items[--kept->waiting.n];
        err = Py_TYPE(op)->tp_traverse(op, visit_keep, kept);
    }
    return err;
}

static int
take_one(immortal_walk *walk, PyObject *op, const keeper *kept,
         objects *incomplete)
{
    if (_Py_IsImmortal(op) || addresses_have(&kept->all, op)
        || Py_REFCNT(op) == 1)
    {
        // The last is dead, but for our reference.
        return 0;
    }
    if (!is_settled(op)) {
        return stays_mortal(walk, op) ? 0 : leave_for_later(walk, op);
    }
    if (may_be_incomplete(op, 1)) {
        return objects_push(incomplete, op);
    }
    return can_be_immortal(op) ? walk_take(walk, op) : 0;
}

/* The world is stopped.  Make immortal what was listed and lives. */
static int
walk_listed(immortal_walk *walk, const objects *listed, const held_list *held)
{
    keeper kept = {0};
    objects incomplete = {0};
    int err = visit_roots(walk_visit, walk);
    if (err == 0) {
        err = walk_run(walk);
    }
    if (err == 0) {
        err = keep_mortal(walk, listed, &kept);
    }
    for (size_t i = 0; i < listed->n && err == 0; i++) {
        err = take_one(walk, listed->items[i], &kept, &incomplete);
        if (err == 0 && walk->stack.n > 1000) {
            err = walk_run(walk);
        }
    }
    // They stay mortal, unless an object refers to them; their items don't.
    for (size_t i = 0; i < incomplete.n && err == 0; i++) {
        PyObject *op = incomplete.items[i];
        err = Py_TYPE(op)->tp_traverse(op, walk_visit_unfilled, walk);
        (void)addresses_add(&core.unfinished, op);
    }
    for (size_t i = 0; i < held->incomplete.n && err == 0; i++) {
        // It may be gone: this is an address.
        (void)addresses_add(&core.unfinished, held->incomplete.items[i]);
    }
    for (size_t i = 0; i < held->items.n && err == 0; i++) {
        if (Py_REFCNT(held->items.items[i]) > 1) {
            err = walk_visit(held->items.items[i], walk);
        }
    }
    if (err == 0) {
        err = visit_interned(walk_visit, walk);
    }
    if (err == 0) {
        err = walk_run(walk);
    }
    addresses_free(&kept.all);
    objects_free(&kept.waiting);
    objects_free(&incomplete);
    return err < 0 ? -1 : err;
}

static int
count_one(PyObject *Py_UNUSED(op), void *arg)
{
    ++*(Py_ssize_t *)arg;
    return 1;
}

static bool
same_types(PyObject *mortal)
{
    if (core.mortal == NULL
        || PyTuple_GET_SIZE(core.mortal) != PyTuple_GET_SIZE(mortal))
    {
        return false;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(mortal); i++) {
        if (PyTuple_GET_ITEM(mortal, i) != PyTuple_GET_ITEM(core.mortal, i)) {
            return false;
        }
    }
    return true;
}

/* The same program calls once more.  What is new may be the work of a moment:
   nothing is taken, unless there is so much of the new that the program was
   not loaded then. */
static bool
is_again(PyObject *mortal)
{
    Py_ssize_t n = 0;
    if (core.calls == 0 || !same_types(mortal)) {
        return false;
    }
    PyUnstable_GC_VisitObjects(count_one, &n);
    return n < core.tracked / 3;
}

static int
unfreeze(void)
{
    PyObject *gc = PyImport_ImportModule("gc");
    PyObject *result = gc == NULL ? NULL
                       : PyObject_CallMethod(gc, "unfreeze", NULL);
    Py_XDECREF(gc);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* The number of objects that became immortal, or -1 with an exception set */
Py_ssize_t
immortalize_heap(PyObject *mortal)
{
    // Frozen objects take part like others.
    if (prepare() < 0 || unfreeze() < 0 || collect() < 0) {
        return -1;
    }
    if (is_again(mortal)) {
        return 0;
    }
    objects listed = {0};
    immortal_walk walk;
    walk_init(&walk, true, PyTuple_GET_SIZE(mortal) > 0 ? mortal : NULL);
    held_list held = {0};
    int err = list_tracked(&listed, &held);
    stop_world();
    addresses_free(&core.unfinished);
    if (err == 0) {
        err = walk_listed(&walk, &listed, &held);
    }
    PyObject *before = core.mortal;
    core.mortal = Py_NewRef(mortal);
    core.calls += err == 0;
    start_world();
    Py_XDECREF(before);
    int err_left = take_left(&walk);
    err = err ? err : err_left;
    Py_ssize_t taken = walk.taken;
    walk_fini(&walk);
    let_go(&listed);
    let_go(&held.items);
    objects_free(&held.incomplete);
    give_versions();
    retire_pools();
    if (err == -1) {
        PyErr_NoMemory();
    }
    return err < 0 ? -1 : taken;
}

#endif
