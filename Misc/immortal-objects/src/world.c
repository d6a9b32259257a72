/* Without the GIL: other threads, owners of objects, the collector.

   Counts are changed by several threads at once, an owner's own one without
   atomic instructions.  So the world is stopped while objects become immortal:
   every other thread waits at a point where it is in no increment, holds no
   lock of an object, and has stored its stack. */

#include "core.h"

#ifdef Py_GIL_DISABLED

void
stop_world(void)
{
    _PyEval_StopTheWorld(PyInterpreterState_Get());
}

void
start_world(void)
{
    _PyEval_StartTheWorld(PyInterpreterState_Get());
}

/* A thread counts the instances of a class, the calls of code and the
   functions of a namespace in a table of its own, by a number that each of
   these has.  A collection adds these counts to the objects' own, which would
   be a write to each immortal one.  So all of these get the number of one
   class, which nobody uses and which alone is written to. */
static PyTypeObject *sink;

static PyType_Slot sink_slots[] = {
    {0, NULL},
};

static PyType_Spec sink_spec = {
    .name = "immortal_objects._core.sink",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = sink_slots,
};

/* What a memoryview has its memory from.  It stops being tracked when that is
   released, and has to be tracked until then. */
static PyTypeObject *buffer_type;

/* Return 0, or -1 with an exception set. */
int
world_init(void)
{
    if (sink != NULL) {
        return 0;
    }
    PyObject *bytes = PyBytes_FromString("");
    PyObject *view = bytes == NULL ? NULL : PyMemoryView_FromObject(bytes);
    Py_XDECREF(bytes);
    if (view == NULL) {
        return -1;
    }
    buffer_type = Py_TYPE(((PyMemoryViewObject *)view)->mbuf);  // static
    Py_DECREF(view);
    sink = (PyTypeObject *)PyType_FromSpec(&sink_spec);     // kept
    if (sink == NULL) {
        return -1;
    }
    // Never freed, whatever is added to its count, and its number never given
    // to another object
    stop_world();
    set_immortal_count((PyObject *)sink);
    start_world();
    return 0;
}

bool
is_sink(PyObject *op)
{
    return op == (PyObject *)sink;
}

static Py_ssize_t
sink_id(void)
{
    return ((PyHeapTypeObject *)sink)->unique_id;
}

/* What a thread has counted for an object is of no use any more, and the
   number is nobody's: the interpreter's end looks at whose it is. */
static void
forget_counts(Py_ssize_t id)
{
    PyInterpreterState *interp = PyInterpreterState_Get();
    interp->unique_ids.table[id - 1].obj = NULL;
    for (PyThreadState *tstate = PyInterpreterState_ThreadHead(interp);
         tstate != NULL;
         tstate = PyThreadState_Next(tstate))
    {
        _PyThreadStateImpl *impl = (_PyThreadStateImpl *)tstate;
        if (id <= impl->refcounts.size) {
            impl->refcounts.values[id - 1] = 0;
        }
    }
}

/* Give an object that becomes immortal the number of the class above. */
void
share_id(PyObject *op)
{
    Py_ssize_t shared = sink_id();
    Py_ssize_t id = _Py_INVALID_UNIQUE_ID;
    if (shared == _Py_INVALID_UNIQUE_ID) {
        return;
    }
    if (PyType_Check(op)) {
        if (PyType_HasFeature((PyTypeObject *)op, Py_TPFLAGS_HEAPTYPE)) {
            PyHeapTypeObject *type = (PyHeapTypeObject *)op;
            id = type->unique_id;
            type->unique_id = shared;
        }
    }
    else if (PyCode_Check(op)) {
        id = ((PyCodeObject *)op)->_co_unique_id;
        ((PyCodeObject *)op)->_co_unique_id = shared;
    }
    else if (is_any_dict(op)) {
        PyDictObject *dict = (PyDictObject *)op;
        id = _PyDict_UniqueId(dict);
        if (id != _Py_INVALID_UNIQUE_ID) {
            uint64_t rest = ((uint64_t)1 << DICT_UNIQUE_ID_SHIFT) - 1;
            dict->_ma_watcher_tag = (dict->_ma_watcher_tag & rest)
                                    | (uint64_t)shared << DICT_UNIQUE_ID_SHIFT;
        }
    }
    if (id != _Py_INVALID_UNIQUE_ID && id != shared) {
        forget_counts(id);
    }
}

/* Can the fields of its count be written to?  Not if its owner is to merge
   them, or if a collection that runs in another thread, or around this call,
   has it in a list that goes through these fields; and not if others rely on
   its being tracked. */
bool
is_settled(PyObject *op)
{
    Py_ssize_t state = op->ob_ref_shared & _Py_REF_SHARED_FLAG_MASK;
    if (op->ob_gc_bits & _PyGC_BITS_UNREACHABLE
        || Py_TYPE(op) == buffer_type)
    {
        return false;
    }
    if (state == _Py_REF_MERGED) {
        return op->ob_tid == _Py_UNOWNED_TID;
    }
    return state != _Py_REF_QUEUED;
}

/* Note an object that its owner is to merge the counts of: a collection merges
   them all, and then it can be taken. */
int
leave_for_later(immortal_walk *walk, PyObject *op)
{
    if ((op->ob_ref_shared & _Py_REF_SHARED_FLAG_MASK) != _Py_REF_QUEUED) {
        return 0;
    }
    int new = addresses_add(&walk->seen, op);
    if (new <= 0) {
        return new;
    }
    if (objects_push(&walk->left, op) < 0) {
        return -1;
    }
    Py_INCREF(op);
    return 0;
}

/* May C code be about to fill it, or to give it another length?  Nobody else
   refers to it until then, but for our own list. */
bool
may_be_incomplete(PyObject *op, Py_ssize_t ours)
{
    return Py_REFCNT(op) == 1 + ours
           && (PyFrozenSet_Check(op) || PyTuple_Check(op)
               || PyList_CheckExact(op));
}

typedef struct {
    objects *array;
    held_list *held;            /* NULL: no references */
    bool failed;
} tracked_list;

/* A visitproc: what the collector doesn't look at itself */
static int
hold_item(PyObject *op, void *arg)
{
    if (_Py_IsImmortal(op) || (PyObject_IS_GC(op) && is_tracked(op))
        || !is_settled(op)
        || (PyBytes_CheckExact(op) && Py_REFCNT(op) == 1))
    {
        return 0;
    }
    if (objects_push((objects *)arg, op) < 0) {
        return -1;
    }
    Py_INCREF(op);
    return 0;
}

static int
list_one(PyObject *op, void *arg)
{
    tracked_list *list = (tracked_list *)arg;
    if (PyFrame_Check(op) || op == core.marker
        || (list->held && (!is_settled(op) || Py_REFCNT(op) == 0)))
    {
        return 1;
    }
    if (list->held && may_be_incomplete(op, 0)) {
        // C code that fills it relies on being alone with it.
        list->failed = objects_push(&list->held->incomplete, op) < 0
                       || Py_TYPE(op)->tp_traverse(op, hold_item,
                                                   &list->held->items) < 0;
        return !list->failed;
    }
    if (objects_push(list->array, op) < 0) {
        list->failed = true;
        return 0;
    }
    if (list->held) {
        Py_INCREF(op);
    }
    return 1;
}

/* List what the collector looks at, but for frames; with a reference of ours
   if there is a second list, so that they live on when other threads do.
   Return 0, or -1 without memory. */
int
list_tracked(objects *array, held_list *held)
{
    tracked_list list = {.array = array, .held = held};
    PyUnstable_GC_VisitObjects(list_one, &list);
    return list.failed ? -1 : 0;
}

#else

void
stop_world(void)
{
}

void
start_world(void)
{
}

#endif
