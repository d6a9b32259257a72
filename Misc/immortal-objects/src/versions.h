/* Everything that depends on the version of CPython, and nothing else.

   3.12, 3.13  an immortal count has all ones in its low half: an increment
               stops there, a decrement tests the sign.  References on the stack
               are plain pointers.
   3.14, 3.15  an increment stops at 3 << 30 and above, a decrement tests the
               sign.  Counts lie in the low half, flags in the upper 16 bits;
               references on the stack carry a tag that says whether they were
               counted.  3.14 specializes LOAD_CONST by the count of the
               constant.
   3.14, 3.15 without the GIL
               an object has an owner, whose count is apart from that of the
               others.  An immortal one has no owner, and all ones in the
               owner's count: every increment and decrement tests that.  There
               are no lists of the collector: it looks at each block of memory,
               and leaves alone what isn't marked as tracked. */

#ifndef IMMORTAL_VERSIONS_H
#define IMMORTAL_VERSIONS_H

#if PY_VERSION_HEX < 0x030c0000 || PY_VERSION_HEX >= 0x03100000
#  error "immortal_objects._core is for CPython 3.12 to 3.15"
#endif

#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX < 0x030e0000
#  error "without the GIL, immortal_objects._core is for CPython 3.14 and 3.15"
#endif

#include "internal/pycore_code.h"
#include "internal/pycore_dict.h"
#include "internal/pycore_gc.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_moduleobject.h"
#include "internal/pycore_object.h"
#include "internal/pycore_obmalloc.h"
#include "internal/pycore_pystate.h"
#include "internal/pycore_runtime.h"
#include "internal/pycore_frame.h"
#if PY_VERSION_HEX >= 0x030e0000
#  include "internal/pycore_genobject.h"
#  include "internal/pycore_interpframe.h"
#  include "internal/pycore_stackref.h"
#  include "internal/pycore_unicodeobject.h"
#endif
#ifdef Py_GIL_DISABLED
#  include "internal/pycore_tstate.h"
#  include "internal/pycore_uniqueid.h"
#endif
#if PY_VERSION_HEX >= 0x030d0000
#  include "internal/pycore_typeobject.h"
#endif


/* Dicts.  3.15 has another kind, frozendict, which is none of them. */

static inline bool
is_any_dict(PyObject *op)
{
#if PY_VERSION_HEX >= 0x030f0000
    return PyAnyDict_Check(op);
#else
    return PyDict_Check(op);
#endif
}

#if PY_VERSION_HEX >= 0x030f0000
#  define HAVE_FROZENDICT 1
#endif


/* The count */

#ifdef Py_GIL_DISABLED

/* All other threads are stopped.  What the interpreter's own _Py_SetImmortal()
   does; and dicts and lists are marked as shared between threads, which the
   first read of one without an owner would do. */
static inline void
set_immortal_count(PyObject *op)
{
    op->ob_tid = _Py_UNOWNED_TID;
    op->ob_ref_local = _Py_IMMORTAL_REFCNT_LOCAL;
    op->ob_ref_shared = 0;
    uint8_t bits = (uint8_t)((op->ob_gc_bits & ~_PyGC_BITS_TRACKED)
                             | _PyGC_BITS_DEFERRED);
    if (is_any_dict(op) || PyList_Check(op)) {
        bits |= _PyGC_BITS_SHARED;
    }
    op->ob_gc_bits = bits;
}

static inline int64_t
count_difference(PyObject *op)
{
    return (int64_t)op->ob_ref_local - (int64_t)_Py_IMMORTAL_REFCNT_LOCAL
           + (op->ob_ref_shared >> _Py_REF_SHARED_SHIFT);
}

#elif PY_VERSION_HEX >= 0x030e0000

/* The middle of the range in which neither increments nor decrements write:
   upstream's own value is its lower end, where a single decrement by code that
   doesn't test makes all later increments write. */
#  define IMMORTAL_COUNT 0xD0000000u

static inline void
set_immortal_count(PyObject *op)
{
    op->ob_refcnt = IMMORTAL_COUNT;
    // PyStackRef_FromPyObjectSteal() looks at nothing but this.
    op->ob_flags |= _Py_IMMORTAL_FLAGS;
}

static inline int64_t
count_difference(PyObject *op)
{
    return (int64_t)op->ob_refcnt - (int64_t)IMMORTAL_COUNT;
}

#else

static inline void
set_immortal_count(PyObject *op)
{
    op->ob_refcnt = _Py_IMMORTAL_REFCNT;
}

static inline int64_t
count_difference(PyObject *op)
{
    return (int64_t)(op->ob_refcnt - _Py_IMMORTAL_REFCNT);
}

#endif

/* The static objects have the interpreter's own value; drift() leaves it. */
static inline bool
has_our_count(PyObject *op)
{
#if defined(Py_GIL_DISABLED)
    return _Py_IsImmortal(op) && !(op->ob_flags & _Py_STATICALLY_ALLOCATED_FLAG);
#elif PY_VERSION_HEX < 0x030e0000
    return _Py_IsImmortal(op);
#else
    return _Py_IsImmortal(op) && op->ob_refcnt >= IMMORTAL_COUNT - (1u << 27)
           && !(op->ob_flags & _Py_STATICALLY_ALLOCATED_FLAG);
#endif
}


/* The collector */

#define GENERATIONS 3

#if PY_VERSION_HEX < 0x030d0000
static inline PyObject *
_Py_FROM_GC(PyGC_Head *gc)
{
    return (PyObject *)(gc + 1);
}
#endif

#ifndef Py_GIL_DISABLED
static inline PyGC_Head *
generation_head(struct _gc_runtime_state *gc, int i)
{
    return &gc->generations[i].head;
}
#endif

/* Is the object's header in a list?  An object that is being collected is.  In
   free-threaded builds: does the collector look at it? */
static inline bool
is_tracked(PyObject *op)
{
    return _PyObject_GC_IS_TRACKED(op) != 0;
}


/* Interned strings, state of the static types */

#if PY_VERSION_HEX >= 0x030d0000
typedef managed_static_type_state type_state;
#  define TYPE_STATES(interp) ((interp)->types.builtins.initialized)
#  define N_TYPE_STATES(interp) _Py_MAX_MANAGED_STATIC_BUILTIN_TYPES
#  define EXTENSION_TYPE_STATES(interp) \
        ((interp)->types.for_extensions.initialized)
#else
typedef static_builtin_state type_state;
#  define TYPE_STATES(interp) ((interp)->types.builtins)
#  define N_TYPE_STATES(interp) _Py_MAX_STATIC_BUILTIN_TYPES
#endif

#define INTERNED_DICT(interp) \
    _Py_INTERP_CACHED_OBJECT(interp, interned_strings)


/* Shared keys that are never counted */

#if PY_VERSION_HEX >= 0x030d0000
#  define IMMORTAL_KEYS PY_SSIZE_T_MIN
#endif


/* Frames */

#if PY_VERSION_HEX >= 0x030e0000
#  ifndef Py_GIL_DISABLED
     // Without the GIL a count is tested wherever it is changed.
#    define HAVE_STACK_TAGS 1
#  endif
#  define FIRST_FRAME(tstate) ((tstate)->current_frame)
#  define FRAME_HAS_CODE(frame) ((frame)->owner < FRAME_OWNED_BY_INTERPRETER)
#  define GENERATOR_FRAME(gen) (&(gen)->gi_iframe)
typedef _PyStackRef stack_item;

static inline PyObject *
stack_object(stack_item item)
{
    // A tagged integer, in 3.14 and later, and NULL are no objects.
    if ((item.bits & 3) == 3) {
        return NULL;
    }
    return (PyObject *)(item.bits & ~(uintptr_t)3);
}

static inline stack_item *
stack_end(_PyInterpreterFrame *frame)
{
    return frame->stackpointer;
}

static inline PyObject *
frame_code(_PyInterpreterFrame *frame)
{
    return stack_object(frame->f_executable);
}

static inline PyObject *
frame_function(_PyInterpreterFrame *frame)
{
    return stack_object(frame->f_funcobj);
}

#else  // 3.12, 3.13

#  if PY_VERSION_HEX >= 0x030d0000
#    define FIRST_FRAME(tstate) ((tstate)->current_frame)
#  else
#    define FIRST_FRAME(tstate) ((tstate)->cframe->current_frame)
#  endif
#  define FRAME_HAS_CODE(frame) ((frame)->owner != FRAME_OWNED_BY_CSTACK)
#  define GENERATOR_FRAME(gen) ((_PyInterpreterFrame *)(gen)->gi_iframe)
typedef PyObject *stack_item;

static inline PyObject *
stack_object(stack_item item)
{
    return item;
}

/* Of a frame that runs right now the interpreter has not stored it. */
static inline stack_item *
stack_end(_PyInterpreterFrame *frame)
{
    return frame->stacktop < 0 ? NULL : frame->localsplus + frame->stacktop;
}

static inline PyObject *
frame_code(_PyInterpreterFrame *frame)
{
#  if PY_VERSION_HEX >= 0x030d0000
    return frame->f_executable;
#  else
    return (PyObject *)frame->f_code;
#  endif
}

static inline PyObject *
frame_function(_PyInterpreterFrame *frame)
{
    return (PyObject *)frame->f_funcobj;
}
#endif


/* Constants: 3.14 counts them without a test once it has seen a mortal one,
   but where all this is built in */

#if PY_VERSION_HEX >= 0x030e0000 && PY_VERSION_HEX < 0x030f0000 \
    && !defined(Py_GIL_DISABLED) && !defined(Py_BUILD_CORE_BUILTIN)
#  define HAVE_LOAD_CONST_MORTAL 1
#endif


/* pymalloc */

#if defined(WITH_PYMALLOC) && !defined(Py_GIL_DISABLED)
#  define HAVE_POOLS 1
#  if PY_VERSION_HEX >= 0x030d0000
#    define POOLS(interp) ((interp)->obmalloc)
#  else
#    define POOLS(interp) (&(interp)->obmalloc)
#  endif
#endif

#endif /* IMMORTAL_VERSIONS_H */
