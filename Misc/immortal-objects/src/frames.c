/* Frames: what they hold, and the tags of the references on their stacks.

   From 3.14 on, a reference on a stack that was counted has no tag: copying it
   adds to the count and dropping it subtracts, both without a test.  Made when
   its object was mortal, such a reference would go on counting an immortal
   object, up in a loop that stores it.  So it gets the tag that references to
   immortal objects have.

   The frames of a suspended greenlet are in no thread: they hang on the frame
   object that it shows as gr_frame, linked without those on its C stack. */

#include "core.h"

/* Call the function for each frame of each thread but one.  Return what it
   returns if that isn't 0. */
int
each_frame(PyThreadState *except, frame_callback callback, void *arg)
{
    PyInterpreterState *interp = PyInterpreterState_Get();
    for (PyThreadState *tstate = PyInterpreterState_ThreadHead(interp);
         tstate != NULL;
         tstate = PyThreadState_Next(tstate))
    {
        if (tstate == except) {
            continue;
        }
        for (_PyInterpreterFrame *frame = FIRST_FRAME(tstate);
             frame != NULL;
             frame = frame->previous)
        {
            if (FRAME_HAS_CODE(frame)) {
                int err = callback(frame, arg);
                if (err) {
                    return err;
                }
            }
        }
    }
    return 0;
}

/* A frame that the interpreter puts between a class that is called and its
   __init__() has no function.  What stands in the place of its namespaces was
   never set: it may be an object that was freed, or none. */
static int
visit_names(_PyInterpreterFrame *frame, visitproc visit, void *arg)
{
    PyObject *function = frame_function(frame);
    Py_VISIT(frame_code(frame));
    if (function != NULL && PyFunction_Check(function)) {
        Py_VISIT(function);
        Py_VISIT(frame->f_globals);
        Py_VISIT(frame->f_builtins);
    }
    Py_VISIT(frame->f_locals);
    return 0;
}

static int
visit_items(stack_item *item, stack_item *end, visitproc visit, void *arg)
{
    for (; item < end; item++) {
        PyObject *op = stack_object(*item);
        Py_VISIT(op);
    }
    return 0;
}

/* The variables of a frame, without its temporary values */
int
visit_frame_locals(_PyInterpreterFrame *frame, visitproc visit, void *arg)
{
    int n = ((PyCodeObject *)frame_code(frame))->co_nlocalsplus;
    int err = visit_names(frame, visit, arg);
    if (err) {
        return err;
    }
    return visit_items(frame->localsplus, frame->localsplus + n, visit, arg);
}

/* All that the frame holds, as far as the interpreter has stored it */
int
visit_frame(_PyInterpreterFrame *frame, visitproc visit, void *arg)
{
    stack_item *end = stack_end(frame);
    if (end == NULL) {
        return visit_frame_locals(frame, visit, arg);
    }
    int err = visit_names(frame, visit, arg);
    if (err) {
        return err;
    }
    return visit_items(frame->localsplus, end, visit, arg);
}

bool
is_generator(PyObject *op)
{
    return PyGen_CheckExact(op) || PyCoro_CheckExact(op)
           || PyAsyncGen_CheckExact(op);
}

static PyTypeObject *greenlet_type;

void
frames_prepare(void)
{
    PyTypeObject *type = find_type("greenlet._greenlet", "greenlet");
    if (type != NULL) {
        greenlet_type = type;
    }
}

static bool
is_greenlet(PyObject *op)
{
    return greenlet_type != NULL && PyObject_TypeCheck(op, greenlet_type);
}

/* Does it have a GC header?  A suspended greenlet says that it has none, so
   that the collector keeps it, but lies in the collector's lists. */
bool
has_header(PyObject *op)
{
    return PyObject_IS_GC(op) || is_greenlet(op);
}

/* Does it keep frames that go on later? */
bool
has_frames(PyObject *op)
{
    return is_generator(op) || is_greenlet(op);
}

#ifdef HAVE_STACK_TAGS

static inline void
retag_item(stack_item *item)
{
    PyObject *op = stack_object(*item);
    if (op != NULL && (item->bits & Py_TAG_REFCNT) == 0
        && _Py_IsImmortal(op))
    {
        item->bits |= Py_TAG_REFCNT;
    }
}

static int
retag_frame(_PyInterpreterFrame *frame, void *Py_UNUSED(arg))
{
    retag_item(&frame->f_executable);
    retag_item(&frame->f_funcobj);
    stack_item *end = stack_end(frame);
    if (end != NULL) {
        for (stack_item *item = frame->localsplus; item < end; item++) {
            retag_item(item);
        }
    }
    return 0;
}

void
retag_threads(void)
{
    (void)each_frame(NULL, retag_frame, NULL);
}

static void
retag_greenlet(PyObject *op)
{
    PyObject *newest = get_member(greenlet_type, "gr_frame", op);
    _PyInterpreterFrame *frame = NULL;
    if (newest != NULL && PyFrame_Check(newest)) {
        frame = ((PyFrameObject *)newest)->f_frame;
    }
    for (; frame != NULL; frame = frame->previous) {
        if (FRAME_HAS_CODE(frame)) {
            (void)retag_frame(frame, NULL);
        }
    }
    Py_XDECREF(newest);
}

/* Retag what a generator, a coroutine, a greenlet or a frame object holds. */
void
retag_object(PyObject *op)
{
    if (PyFrame_Check(op)) {
        _PyInterpreterFrame *frame = ((PyFrameObject *)op)->f_frame;
        if (frame->owner == FRAME_OWNED_BY_FRAME_OBJECT) {
            (void)retag_frame(frame, NULL);
        }
    }
    else if (is_generator(op)) {
        PyGenObject *generator = (PyGenObject *)op;
        if (generator->gi_frame_state != FRAME_CLEARED) {
            (void)retag_frame(GENERATOR_FRAME(generator), NULL);
        }
    }
    else if (is_greenlet(op)) {
        retag_greenlet(op);
    }
}

#else

void
retag_threads(void)
{
}

void
retag_object(PyObject *Py_UNUSED(op))
{
}

#endif

#ifndef Py_GIL_DISABLED
void
retag_list(PyGC_Head *list)
{
#ifdef HAVE_STACK_TAGS
    for (PyGC_Head *gc = _PyGCHead_NEXT(list);
         gc != list;
         gc = _PyGCHead_NEXT(gc))
    {
        retag_object(_Py_FROM_GC(gc));
    }
#else
    (void)list;
#endif
}
#endif
