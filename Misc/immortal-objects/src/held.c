/* What the frames of threads hold that will never go on. */

#include "core.h"

/* What is in the frames of threads that will never go on: at exit, and of
   threads that a fork has left behind.  The second array waits for the fork to
   be over.  Both own references: the threads run on until then. */
static objects held;
static objects forking;

static int
hold_one(PyObject *op, void *arg)
{
    if (objects_push((objects *)arg, op) < 0) {
        return -1;
    }
    Py_INCREF(op);
    return 0;
}

/* A visitproc */
static int
visit_hold(PyObject *op, void *arg)
{
#ifdef Py_GIL_DISABLED
    if (may_be_incomplete(op, 0)) {
        // The thread that fills it relies on being alone with it.
        return Py_TYPE(op)->tp_traverse(op, hold_one, arg);
    }
#endif
    return hold_one(op, arg);
}

static int
visit_all(_PyInterpreterFrame *frame, void *arg)
{
    return visit_frame(frame, visit_hold, arg);
}

static void
note_other_threads(objects *array)
{
    // Without memory, fewer objects are left alone.
    stop_world();
    (void)each_frame(PyThreadState_Get(), visit_all, array);
    start_world();
}

/* No other thread of the interpreter goes on from now. */
void
hold_other_threads(void)
{
    note_other_threads(&held);
}

/* Drop the references of the array, which is empty before the first goes. */
static void
let_go(objects *array)
{
    objects dropped = *array;
    memset(array, 0, sizeof(*array));
    for (size_t i = 0; i < dropped.n; i++) {
        Py_DECREF(dropped.items[i]);
    }
    objects_free(&dropped);
}

/* The other threads won't be there in the process that is about to be forked.
   */
void
hold_for_fork(void)
{
    let_go(&forking);
    note_other_threads(&forking);
}

void
fork_is_over(bool in_child)
{
    if (!in_child) {
        let_go(&forking);
        return;
    }
    for (size_t i = 0; i < forking.n; i++) {
        (void)objects_push(&held, forking.items[i]);
    }
    objects_free(&forking);
}

/* Add what is in frames that will never go on.  Return 0, or -1 without
   memory. */
int
add_held(objects *array)
{
    for (size_t i = 0; i < held.n; i++) {
        if (objects_push(array, held.items[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

bool
is_finalizing(void)
{
#if PY_VERSION_HEX >= 0x030d0000
    return Py_IsFinalizing();
#else
    return _Py_IsFinalizing();
#endif
}
