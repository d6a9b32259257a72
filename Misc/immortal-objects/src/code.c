/* Constants of code.

   3.14 chooses for each LOAD_CONST, when it runs first, an instruction that
   adds to the constant's count without a test, or one for an immortal
   constant.  What takes the reference tests before it subtracts.  So a
   constant that becomes immortal after that choice gains one for each time
   that it is loaded and stored, until its count wraps and it is freed while it
   is in use.  All code has to be found that may load what becomes immortal,
   and its choice changed.

   Code that the heap's walk meets is changed there.  All other code, also of
   what stays mortal, is listed: what was there before this module by a search,
   what is made later by a watcher. */

#include "core.h"

#include <dlfcn.h>

#ifdef HAVE_LOAD_CONST_MORTAL

// The tables are for this file alone.
#pragma GCC visibility push(hidden)
#define NEED_OPCODE_METADATA
#include "internal/pycore_opcode_metadata.h"
#undef NEED_OPCODE_METADATA
#pragma GCC visibility pop
#include "internal/pycore_instruments.h"
#include "internal/pycore_optimizer.h"
#include "opcode_ids.h"

/* The instruction that an instrumented one stands for, where it has a cache.
   */
static const uint8_t original[256] = {
    [INSTRUMENTED_CALL] = CALL,
    [INSTRUMENTED_CALL_KW] = CALL_KW,
    [INSTRUMENTED_JUMP_BACKWARD] = JUMP_BACKWARD,
    [INSTRUMENTED_POP_JUMP_IF_FALSE] = POP_JUMP_IF_FALSE,
    [INSTRUMENTED_POP_JUMP_IF_TRUE] = POP_JUMP_IF_TRUE,
    [INSTRUMENTED_POP_JUMP_IF_NONE] = POP_JUMP_IF_NONE,
    [INSTRUMENTED_POP_JUMP_IF_NOT_NONE] = POP_JUMP_IF_NOT_NONE,
    [INSTRUMENTED_FOR_ITER] = FOR_ITER,
    [INSTRUMENTED_LOAD_SUPER_ATTR] = LOAD_SUPER_ATTR,
};

static addresses all_code;
static addresses all_constants;     /* mortal when they were listed */
static bool constants_are_listed;
static bool incomplete;             /* there was no memory for a member */

/* The instruction, or the one that an instrumented one stands for */
static int
opcode_at(PyCodeObject *code, Py_ssize_t i)
{
    _Py_CODEUNIT unit = _PyCode_CODE(code)[i];
    int opcode = unit.op.code;
    if (opcode == INSTRUMENTED_LINE) {
        _PyCoLineInstrumentationData *lines = code->_co_monitoring->lines;
        opcode = lines->data[i * lines->bytes_per_entry];
    }
    if (opcode == INSTRUMENTED_INSTRUCTION) {
        opcode = code->_co_monitoring->per_instruction_opcodes[i];
    }
    if (opcode == ENTER_EXECUTOR) {
        opcode = code->co_executors->executors[unit.op.arg]->vm_data.opcode;
    }
    return original[opcode] != 0 ? original[opcode] : opcode;
}

/* Change the loads of constants that are immortal now. */
static void
rewrite(PyCodeObject *code)
{
    _Py_CODEUNIT *instructions = _PyCode_CODE(code);
    Py_ssize_t n = Py_SIZE(code);
    size_t arg = 0;
    int opcode;
    for (Py_ssize_t i = 0;
         i < n;
         i += 1 + _PyOpcode_Caches[_PyOpcode_Deopt[opcode]])
    {
        _Py_CODEUNIT *unit = &instructions[i];
        opcode = opcode_at(code, i);
        arg = arg << 8 | unit->op.arg;
        if (opcode == EXTENDED_ARG) {
            continue;
        }
        if (unit->op.code == LOAD_CONST_MORTAL
            && _Py_IsImmortal(PyTuple_GET_ITEM(code->co_consts, arg)))
        {
            unit->op.code = LOAD_CONST_IMMORTAL;
        }
        arg = 0;
    }
}

/* The walk has met the code, and made its constants immortal. */
void
code_take(PyCodeObject *code)
{
    rewrite(code);
}

static void
list_constants(PyCodeObject *code)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject *constant = PyTuple_GET_ITEM(code->co_consts, i);
        if (!_Py_IsImmortal(constant)
            && addresses_add(&all_constants, constant) < 0)
        {
            incomplete = true;
        }
    }
}

static void
list_code(PyObject *op)
{
    objects waiting = {0};      // functions in functions
    while (op != NULL) {
        PyCodeObject *code = (PyCodeObject *)op;
        int new = addresses_add(&all_code, code);
        if (new > 0 && constants_are_listed) {
            list_constants(code);
        }
        Py_ssize_t n = new > 0 ? PyTuple_GET_SIZE(code->co_consts) : 0;
        for (Py_ssize_t i = 0; i < n; i++) {
            PyObject *constant = PyTuple_GET_ITEM(code->co_consts, i);
            if (PyCode_Check(constant)
                && objects_push(&waiting, constant) < 0)
            {
                incomplete = true;
            }
        }
        if (new < 0) {
            incomplete = true;
        }
        op = waiting.n > 0 ? waiting.items[--waiting.n] : NULL;
    }
    objects_free(&waiting);
}

static int
watch_code(PyCodeEvent event, PyCodeObject *code)
{
    if (event == PY_CODE_EVENT_CREATE) {
        list_code((PyObject *)code);
    }
    else {
        addresses_remove(&all_code, code);
    }
    return 0;
}

static int
visit_code(PyObject *op, void *Py_UNUSED(arg))
{
    if (PyCode_Check(op)) {
        list_code(op);
    }
    return 0;
}

static int
visit_frame_code(_PyInterpreterFrame *frame, void *Py_UNUSED(arg))
{
    return visit_code(frame_code(frame), NULL);
}

static void
search_list(PyGC_Head *list)
{
    for (PyGC_Head *gc = _PyGCHead_NEXT(list);
         gc != list;
         gc = _PyGCHead_NEXT(gc))
    {
        // Functions, generators, frames, and whoever has code in his hands
        PyObject *op = _Py_FROM_GC(gc);
        (void)Py_TYPE(op)->tp_traverse(op, visit_code, NULL);
    }
}

/* List the code that was there before the watcher, or for which there was no
   memory. */
static void
search(void)
{
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    incomplete = false;
    for (int i = 0; i < GENERATIONS; i++) {
        search_list(generation_head(gc, i));
    }
    search_list(&gc->permanent_generation.head);
    search_list(&core.immortal);
    (void)each_frame(NULL, visit_frame_code, NULL);
}

/* Call the function for all code that is listed, which is all that there is
   unless memory runs out. */
static void
for_all(void (*function)(PyCodeObject *code))
{
    if (incomplete) {
        search();
    }
    for (size_t i = 0; i < all_code.allocated; i++) {
        if (all_code.slots[i] != 0) {
            function((PyCodeObject *)all_code.slots[i]);
        }
    }
}

/* Return 0, or -1 if no watcher is left for us. */
int
code_init(void)
{
    static int watcher = -1;
    if (watcher >= 0) {
        return 0;
    }
    watcher = PyCode_AddWatcher(watch_code);
    if (watcher < 0) {
        PyErr_Clear();
        return -1;
    }
    search();
    return 0;
}

/* Does code load the object as a constant, as far as is known? */
bool
code_may_load(PyObject *op)
{
    if (incomplete || !constants_are_listed) {
        constants_are_listed = true;
        for_all(list_constants);
    }
    return incomplete || addresses_have(&all_constants, op);
}

/* Change the loads of all code. */
int
code_rewrite_all(void)
{
    for_all(rewrite);
    if (constants_are_listed) {
        addresses_free(&all_constants);
        for_all(list_constants);
    }
    return incomplete ? -1 : 0;
}

#else

void
code_take(PyCodeObject *Py_UNUSED(code))
{
}

int
code_init(void)
{
    return 0;
}

bool
code_may_load(PyObject *Py_UNUSED(op))
{
    return false;
}

int
code_rewrite_all(void)
{
    return 0;
}

#endif

/* What the JIT has made counts the constants in it without a test.  Builds
   without it have no such function. */
void
code_forget_executors(void)
{
#ifndef Py_GIL_DISABLED
    static void (*invalidate)(PyInterpreterState *, int);
    static bool looked;
    if (!looked) {
        looked = true;
        void *symbol = dlsym(RTLD_DEFAULT, "_Py_Executors_InvalidateAll");
        memcpy(&invalidate, &symbol, sizeof(symbol));
    }
    if (invalidate != NULL) {
        invalidate(PyInterpreterState_Get(), 0);
    }
#endif
}
