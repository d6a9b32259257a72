/* Initializes and finalizes an interpreter in a loop: embed ROUNDS CODE [FOLDER].

   CODE runs in each round, as __main__, with the number of the round in `turn` and
   FOLDER in `folder`.  After each round a line says how many blocks of memory the
   round before had left allocated, and the resident memory in kB. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdio.h>
#include <string.h>

static long
resident(void)
{
    char line[256];
    long kilobytes = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "Rss: %ld kB", &kilobytes) == 1) {
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kilobytes;
}

static long
allocated_blocks(void)
{
    PyObject *function = PySys_GetObject("getallocatedblocks");
    PyObject *result = PyObject_CallNoArgs(function);
    long blocks = PyLong_AsLong(result);
    Py_XDECREF(result);
    return blocks;
}

static int
set_global(const char *name, PyObject *value)
{
    PyObject *main_module = PyImport_AddModule("__main__");
    int err = PyObject_SetAttrString(main_module, name, value);
    Py_DECREF(value);
    return err;
}

int
main(int argc, char **argv)
{
    if (argc < 3) {
        return 2;
    }
    int rounds = atoi(argv[1]);
    for (int turn = 0; turn < rounds; turn++) {
        Py_InitializeEx(0);
        long blocks = allocated_blocks();
        if (set_global("turn", PyLong_FromLong(turn)) < 0
            || set_global("folder", PyUnicode_FromString(argc > 3 ? argv[3] : "")) < 0
            || PyRun_SimpleString(argv[2]) != 0)
        {
            return 3;
        }
        if (Py_FinalizeEx() < 0) {
            return 4;
        }
        printf("%ld %ld\n", blocks, resident());
        fflush(stdout);
    }
    return 0;
}
