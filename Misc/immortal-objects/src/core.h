/* What the files of the extension share.

   The extension makes objects of an unmodified CPython immortal: the
   interpreter has tested for immortal counts since 3.12, but offers no way to
   give an object of an application such a count.  walk.c finds the objects,
   roots.c says where to begin, the other files deal with one trap each. */

#ifndef IMMORTAL_CORE_H
#define IMMORTAL_CORE_H

#define PY_SSIZE_T_CLEAN
#ifndef Py_BUILD_CORE_MODULE
#  define Py_BUILD_CORE_MODULE 1
#endif
#include "Python.h"

#include <stdbool.h>
#include <stdint.h>

#include "versions.h"
#ifdef Py_BUILD_CORE_BUILTIN
#  include "names.h"
#endif

/* A set of addresses, by open addressing. */
typedef struct {
    uintptr_t *slots;
    size_t allocated;           /* a power of two, or 0 */
    size_t used;
} addresses;

/* Return 1 if it was added, 0 if it was there, -1 without memory (no exception
   set). */
int addresses_add(addresses *set, const void *member);
void addresses_remove(addresses *set, const void *member);
bool addresses_have(const addresses *set, const void *member);
void addresses_free(addresses *set);

/* A growing array of objects, which it doesn't own. */
typedef struct {
    PyObject **items;
    size_t n;
    size_t allocated;
} objects;

/* Return 0, or -1 without memory (no exception set). */
int objects_push(objects *array, PyObject *op);
void objects_free(objects *array);

/* State of the process.  There is one interpreter that uses it: the main one.
   */
typedef struct {
#ifdef Py_GIL_DISABLED
    /* GC objects that are immortal and were tracked. */
    objects members;
    /* Immortal classes that have no version yet: see heap_free.c. */
    objects unversioned;
    /* What was left mortal since C code may be about to fill it. */
    addresses unfinished;
#else
    /* GC objects that are immortal, linked by their GC headers.  No collection
       looks at this list: it is none of the collector's. */
    PyGC_Head immortal;
#endif
    /* Objects that are immortal and have a finalizer, in the order in which
       they were met. */
    objects finalizable;
    /* Classes without a finalizer, immortal: one may be added later. */
    objects classes;
    /* Immortal generators, coroutines and greenlets: see frames.c. */
    objects suspended;
    /* A list that lies in the oldest generation behind all that was alive at
       the latest call of immortalize_heap(). */
    PyObject *marker;
    /* The module in sys.modules whose end begins ours: see ending.c. */
    PyObject *end;
    /* The module __main__, for the same purpose. */
    PyObject *main;
    /* How often the heap was made immortal, and how many GC objects became so.
       */
    Py_ssize_t calls;
    Py_ssize_t tracked;
    /* The memory that there was when all immortal objects were walked through.
       */
    size_t arenas;
    /* What the latest call of immortalize_heap() was asked to leave mortal. */
    PyObject *mortal;
} core_state;

extern core_state core;

/* A walk makes immortal what can be reached from some objects.  GC objects
   that were met and not yet traversed wait at the end of core.immortal, others
   and those that are not tracked on a stack, so that nothing is recursive; in
   free-threaded builds all wait on the stack.  An
   object is immortal as soon as it was met: when there is no memory for the
   stack, what is immortal by then stays so, the rest stays mortal, and both
   are sound. */
typedef struct {
#ifndef Py_GIL_DISABLED
    PyGC_Head *last;            /* the last one that was traversed */
#endif
    objects stack;
    addresses seen;             /* mortal, or not made immortal here */
#ifdef Py_GIL_DISABLED
    objects left;               /* to be merged by their owners; references */
#endif
    objects arrays;             /* arrays of objects, for buffers.c */
    PyObject *mortal;           /* a tuple of types, or NULL */
    struct {
        PyTypeObject *type;     /* one that was compared with these */
        bool is_mortal;
    } compared[64];
    bool heap;                  /* go everywhere */
    int nesting;                /* of lists, tuples and dicts */
    bool again;                 /* take what precedes the marker alone */
    bool constants;             /* took what code may load as a constant */
    Py_ssize_t taken;
} immortal_walk;

/* walk.c */
void walk_init(immortal_walk *walk, bool heap, PyObject *mortal);
void walk_fini(immortal_walk *walk);
void walk_renew(immortal_walk *walk);
void walk_prepare(void);
int walk_visit(PyObject *op, void *walk);
int walk_visit_unfilled(PyObject *op, void *walk);
int walk_take(immortal_walk *walk, PyObject *op);
void walk_relink(PyObject *op);
int walk_traverse(immortal_walk *walk, PyObject *op);
int walk_run(immortal_walk *walk);
int walk_from(immortal_walk *walk, PyObject *op);
bool stays_mortal(immortal_walk *walk, PyObject *op);
bool can_be_immortal(PyObject *op);

/* references.c: what tp_traverse hides */
int visit_hidden(PyObject *op, visitproc visit, void *arg);
int visit_dict_keys(PyDictKeysObject *keys, visitproc visit, void *arg);
int visit_type(PyTypeObject *type, visitproc visit, void *arg);
int visit_function(PyFunctionObject *function, visitproc visit, void *arg);

/* roots.c */
int visit_roots(visitproc visit, void *arg);
int visit_interned(visitproc visit, void *arg);

/* heap.c, or heap_free.c in free-threaded builds */
int core_init(void);
int prepare(void);
int collect(void);
PyObject *immortalize(PyObject *obj, PyObject *mortal);
Py_ssize_t immortalize_heap(PyObject *mortal);
#ifdef Py_GIL_DISABLED
int settle(immortal_walk *walk);
#endif

/* frames.c */
typedef int (*frame_callback)(_PyInterpreterFrame *frame, void *arg);
int each_frame(PyThreadState *except, frame_callback callback, void *arg);
int visit_frame_locals(_PyInterpreterFrame *frame, visitproc visit, void *arg);
int visit_frame(_PyInterpreterFrame *frame, visitproc visit, void *arg);
void retag_threads(void);
void retag_object(PyObject *op);
#ifndef Py_GIL_DISABLED
void retag_list(PyGC_Head *list);
#endif
bool is_generator(PyObject *op);
bool has_frames(PyObject *op);
bool has_header(PyObject *op);
void frames_prepare(void);

/* code.c */
int code_init(void);
void code_take(PyCodeObject *code);
bool code_may_load(PyObject *op);
int code_rewrite_all(void);
void code_forget_executors(void);

/* hashes.c */
void cache_hash(PyObject *op);
int datetime_init(void);
int visit_datetime(PyObject *op, visitproc visit, void *arg);

/* types.c */
void seal_class(PyTypeObject *type);
void give_version(PyTypeObject *type);

/* world.c: what free-threaded builds need, and others don't */
void stop_world(void);
void start_world(void);
#ifdef Py_GIL_DISABLED
/* Of objects that C code may be about to fill there are addresses alone, and
   references to their items. */
typedef struct {
    objects incomplete;
    objects items;
} held_list;
int list_tracked(objects *array, held_list *held);
bool may_be_incomplete(PyObject *op, Py_ssize_t ours);
int world_init(void);
bool is_settled(PyObject *op);
int leave_for_later(immortal_walk *walk, PyObject *op);
void share_id(PyObject *op);
bool is_sink(PyObject *op);
#endif

/* buffers.c */
bool holds_objects(PyObject *op);
PyObject *get_member(PyTypeObject *type, const char *name, PyObject *op);
int visit_buffers(immortal_walk *walk);

/* pools.c */
void retire_pools(void);
size_t count_arenas(void);

/* finish.c */
void finish_prepare(void);
PyTypeObject *find_type(const char *module_name, const char *name);
bool is_closable(PyObject *op);
bool needs_end(PyObject *op);
int finish_note(PyObject *op);
void finish_once(void);

/* owners.c */
int add_owned(objects *roots, addresses *set);
int add_kept(objects *finalizable);
int add_late(objects *finalizable);
int in_order(objects *finalizable, const addresses *left_alone,
             objects *ordered);

/* held.c */
void hold_other_threads(void);
void hold_for_fork(void);
void fork_is_over(bool in_child);
int add_held(objects *array);
bool is_finalizing(void);

/* ending.c; an interpreter that has all this built in has its own */
int ending_import(void);
int ending_init(void);

/* census.c */
PyObject *census(void);
PyObject *drift(void);

/* usable.c; an interpreter that has all this built in has its own */
const char *why_not_usable(void);

#endif /* IMMORTAL_CORE_H */
