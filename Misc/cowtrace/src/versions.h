/* What differs between the versions of CPython, and is known nowhere else:
   how an immortal count looks, where frames, generators and types keep what
   is asked of them, and the fields whose names a report tells.

   All that reads another object's memory does so by the functions that are
   declared here first: see _cowtrace.c for why. */

#ifndef COWTRACE_VERSIONS_H
#define COWTRACE_VERSIONS_H

#ifndef Py_BUILD_CORE_BUILTIN
#  ifndef Py_BUILD_CORE_MODULE
#    define Py_BUILD_CORE_MODULE 1
#  endif
#endif

#include "Python.h"

#if PY_VERSION_HEX < 0x030B0000 || PY_VERSION_HEX >= 0x03100000
#  error "cowtrace needs CPython 3.11, 3.12, 3.13, 3.14 or 3.15"
#endif
#ifdef Py_GIL_DISABLED
#  error "cowtrace needs a build of CPython that has the GIL"
#endif

#include "internal/pycore_code.h"          // _PyCode_CODE()
#include "internal/pycore_dict.h"          // struct _dictkeysobject
#include "internal/pycore_frame.h"         // _PyInterpreterFrame
#include "internal/pycore_gc.h"            // PyGC_Head
#include "internal/pycore_interp.h"        // PyInterpreterState
#include "internal/pycore_object.h"        // _PyType_HasFeature()
#include "internal/pycore_runtime.h"       // _PyRuntime
#if PY_VERSION_HEX >= 0x030C0000
#  include "internal/pycore_obmalloc.h"    // struct pool_header
#  include "internal/pycore_typeobject.h"  // struct types_state
#endif

#include <stddef.h>
#include <stdint.h>

/* Read memory that may not be there: see safe_read(). */
static int read_exactly(uintptr_t address, void *buffer, size_t size);


/* Reference counts */

/* Return true if a word of memory is the count of an immortal object.

   Any word may be asked, so a test of the sign won't do: half of all pointers
   have it, and so has a -1 in half a word. */
static inline int
is_immortal(const PyObject *op)
{
#if PY_VERSION_HEX < 0x030C0000
    /* The patch series: 3 << 30, or 5 << 28, and what was compiled for stock
       CPython hardly moves them.  Counts of stock never are so large. */
#  if SIZEOF_VOID_P > 4
    return op->ob_refcnt >> 28 >= 11 && op->ob_refcnt >> 28 <= 12;
#  else
    return op->ob_refcnt >> 26 >= 19 && op->ob_refcnt >> 26 <= 20;
#  endif
#elif SIZEOF_VOID_P <= 4 && PY_VERSION_HEX < 0x030E0000
    return op->ob_refcnt >> 28 == 3;
#elif SIZEOF_VOID_P <= 4
    return (op->ob_refcnt >> 26 >= 19 && op->ob_refcnt >> 26 <= 20)
           || (op->ob_refcnt >> 26 >= 27 && op->ob_refcnt >> 26 <= 28);
#elif PY_VERSION_HEX < 0x030E0000
    return (uint64_t)op->ob_refcnt >> 31 == 1;
#else
    return op->ob_refcnt >> 31 == 1 && op->ob_overflow == 0
           && op->ob_flags < 1 << 8;
#endif
}

/* Return the count of an object that is there; the word's value otherwise. */
static inline int64_t
count_of(const PyObject *op)
{
#if PY_VERSION_HEX >= 0x030E0000 && SIZEOF_VOID_P > 4
    return (int64_t)op->ob_refcnt | (int64_t)op->ob_overflow << 32;
#else
    return (int64_t)op->ob_refcnt;
#endif
}


/* Types */

/* The flags of types whose instances have two pointers, to their dict and to
   their weak references, before the header of the collector. */
#if PY_VERSION_HEX < 0x030C0000
#  define PREHEADER_FLAGS Py_TPFLAGS_MANAGED_DICT
#else
#  define PREHEADER_FLAGS Py_TPFLAGS_PREHEADER
#endif

/* Return the dict of weak references to a type's subclasses, or NULL. */
static inline PyObject *
subclasses_of(PyTypeObject *tp)
{
#if PY_VERSION_HEX < 0x030C0000
    return tp->tp_subclasses;
#else
    if (!(tp->tp_flags & _Py_TPFLAGS_STATIC_BUILTIN)) {
        return (PyObject *)tp->tp_subclasses;
    }
    struct types_state *types = &PyInterpreterState_Get()->types;
#  if PY_VERSION_HEX < 0x030D0000
    for (size_t i = 0; i < Py_ARRAY_LENGTH(types->builtins); i++) {
        if (types->builtins[i].type == tp) {
            return types->builtins[i].tp_subclasses;
        }
    }
#  else
    for (size_t i = 0; i < Py_ARRAY_LENGTH(types->builtins.initialized); i++) {
        if (types->builtins.initialized[i].type == tp) {
            return types->builtins.initialized[i].tp_subclasses;
        }
    }
    for (size_t i = 0;
         i < Py_ARRAY_LENGTH(types->for_extensions.initialized); i++)
    {
        if (types->for_extensions.initialized[i].type == tp) {
            return types->for_extensions.initialized[i].tp_subclasses;
        }
    }
#  endif
    return NULL;
#endif
}

/* Return the size of an instance: with its attributes, where they are a part
   of it.  The type has to be there. */
static inline size_t
basic_size(const PyTypeObject *tp)
{
    size_t size = (size_t)Py_MAX(tp->tp_basicsize, 0);
#if PY_VERSION_HEX >= 0x030D0000
    if ((tp->tp_flags & Py_TPFLAGS_INLINE_VALUES)
        && ((const PyHeapTypeObject *)tp)->ht_cached_keys != NULL)
    {
        size += _PyInlineValuesSize((PyTypeObject *)tp);
    }
#endif
    return size;
}

/* Return the size field of an int as a number of its digits. */
static inline Py_ssize_t
number_of_digits(Py_ssize_t size)
{
#if PY_VERSION_HEX < 0x030C0000
    return size;
#else
    return (Py_ssize_t)((size_t)size >> 3);
#endif
}


/* Frames */

/* Return true unless a frame stands for a call from C, and has no code. */
static inline int
is_python_frame(const _PyInterpreterFrame *frame)
{
    return frame->owner <= FRAME_OWNED_BY_FRAME_OBJECT;
}

/* Return what a frame has in place of its code: that, or something else. */
static inline uintptr_t
code_of_frame(const _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX < 0x030D0000
    return (uintptr_t)frame->f_code;
#elif PY_VERSION_HEX < 0x030E0000
    return (uintptr_t)frame->f_executable;
#else
    return (uintptr_t)frame->f_executable.bits & ~(uintptr_t)3;
#endif
}

/* Return the address of the instruction at which a frame is. */
static inline uintptr_t
instruction_of_frame(const _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX < 0x030D0000
    return (uintptr_t)frame->prev_instr;
#else
    return (uintptr_t)frame->instr_ptr;
#endif
}

/* Return the address of the code of a generator, a copy of which is here, or
   0 if there is less of it than *room* has. */
static inline uintptr_t
code_of_generator(const char *generator, size_t room)
{
#if PY_VERSION_HEX < 0x030C0000
    if (room < sizeof(PyGenObject)) {
        return 0;
    }
    return (uintptr_t)((const PyGenObject *)generator)->gi_code;
#else
    const size_t at = offsetof(PyGenObject, gi_iframe);
    if (room < at + offsetof(_PyInterpreterFrame, localsplus)) {
        return 0;
    }
    return code_of_frame((const _PyInterpreterFrame *)(generator + at));
#endif
}

/* Return the address of the innermost frame of a thread, given a copy of the
   thread's state, or 0. */
static inline uintptr_t
current_frame(const PyThreadState *tstate)
{
#if PY_VERSION_HEX < 0x030D0000
    _PyCFrame cframe;
    if (!read_exactly((uintptr_t)tstate->cframe, &cframe, sizeof(cframe))) {
        return 0;
    }
    return (uintptr_t)cframe.current_frame;
#else
    return (uintptr_t)tstate->current_frame;
#endif
}

/* Return the state of the thread that runs, or NULL. */
static inline PyThreadState *
running_thread(void)
{
#if PY_VERSION_HEX < 0x030D0000
    return _PyThreadState_UncheckedGet();
#else
    return PyThreadState_GetUnchecked();
#endif
}


/* Objects/obmalloc.c.  Version 3.11 keeps it to itself. */

#if SIZEOF_VOID_P > 4
#  define BLOCK_SHIFT 4
#else
#  define BLOCK_SHIFT 3
#endif
#define BLOCK_MAX 512
#ifndef POOL_SIZE
#  if SIZEOF_VOID_P > 4
#    define POOL_SIZE (1 << 14)
#  else
#    define POOL_SIZE (1 << 12)
#  endif
#endif
#undef POOL_OVERHEAD

typedef struct {
    union { void *padding; unsigned int count; } ref;
    uintptr_t freeblock;
    uintptr_t nextpool;
    uintptr_t prevpool;
    unsigned int arenaindex;
    unsigned int szidx;
    unsigned int nextoffset;
    unsigned int maxnextoffset;
} pool_t;

#if PY_VERSION_HEX >= 0x030C0000
_Static_assert(BLOCK_SHIFT == ALIGNMENT_SHIFT, "blocks are aligned otherwise");
_Static_assert(BLOCK_MAX == SMALL_REQUEST_THRESHOLD, "blocks are larger");
_Static_assert(sizeof(pool_t) == sizeof(struct pool_header)
               && offsetof(pool_t, szidx) == offsetof(struct pool_header, szidx)
               && offsetof(pool_t, maxnextoffset)
                  == offsetof(struct pool_header, maxnextoffset),
               "the header of a pool is another");
#endif


/* The fields whose names tell why they were written: FIELD(name of the type,
   struct, member). */
#define FIELDS_OF_ALL_VERSIONS \
    FIELD("str", PyASCIIObject, hash), \
    FIELD("str", PyASCIIObject, state), \
    FIELD("str", PyCompactUnicodeObject, utf8_length), \
    FIELD("str", PyCompactUnicodeObject, utf8), \
    FIELD("bytes", PyBytesObject, ob_shash), \
    FIELD("list", PyListObject, ob_item), \
    FIELD("list", PyListObject, allocated), \
    FIELD("dict", PyDictObject, ma_used), \
    FIELD("dict", PyDictObject, ma_keys), \
    FIELD("dict", PyDictObject, ma_values), \
    FIELD("keys of dict", struct _dictkeysobject, dk_refcnt), \
    FIELD("keys of dict", struct _dictkeysobject, dk_version), \
    FIELD("keys of dict", struct _dictkeysobject, dk_usable), \
    FIELD("keys of dict", struct _dictkeysobject, dk_nentries), \
    FIELD("set", PySetObject, fill), \
    FIELD("set", PySetObject, used), \
    FIELD("set", PySetObject, hash), \
    FIELD("set", PySetObject, finger), \
    FIELD("frozenset", PySetObject, hash), \
    FIELD("function", PyFunctionObject, func_version), \
    FIELD("function", PyFunctionObject, func_dict), \
    FIELD("function", PyFunctionObject, func_weakreflist), \
    FIELD("code", PyCodeObject, co_weakreflist), \
    FIELD("code", PyCodeObject, co_extra), \
    FIELD("type", PyTypeObject, tp_flags), \
    FIELD("type", PyTypeObject, tp_dict), \
    FIELD("type", PyTypeObject, tp_mro), \
    FIELD("type", PyTypeObject, tp_cache), \
    FIELD("type", PyTypeObject, tp_subclasses), \
    FIELD("type", PyTypeObject, tp_weaklist), \
    FIELD("type", PyTypeObject, tp_version_tag), \
    FIELD("type", PyHeapTypeObject, ht_cached_keys), \
    FIELD("type", PyHeapTypeObject, _ht_tpname), \
    FIELD("type", PyHeapTypeObject, _spec_cache)

#if PY_VERSION_HEX < 0x030C0000
#  define FIELDS_OF_THIS_VERSION \
    FIELD("str", PyASCIIObject, wstr), \
    FIELD("dict", PyDictObject, ma_version_tag), \
    FIELD("code", PyCodeObject, co_warmup), \
    FIELD("code", PyCodeObject, _co_code), \
    FIELD("code", PyCodeObject, _co_linearray)
#elif PY_VERSION_HEX < 0x030E0000
#  define FIELDS_OF_THIS_VERSION \
    FIELD("dict", PyDictObject, ma_version_tag), \
    FIELD("code", PyCodeObject, _co_cached), \
    FIELD("code", PyCodeObject, _co_instrumentation_version), \
    FIELD("code", PyCodeObject, _co_monitoring)
#else
#  define FIELDS_OF_THIS_VERSION \
    FIELD("tuple", PyTupleObject, ob_hash), \
    FIELD("dict", PyDictObject, _ma_watcher_tag), \
    FIELD("code", PyCodeObject, co_executors), \
    FIELD("code", PyCodeObject, _co_cached), \
    FIELD("code", PyCodeObject, _co_instrumentation_version), \
    FIELD("code", PyCodeObject, _co_monitoring)
#endif

#endif  /* COWTRACE_VERSIONS_H */
