/* A program that embeds the interpreter: embed PREFIX SCRIPT [ARGUMENT...] */

#include <Python.h>

static int
run(PyConfig *config, char **argv, int argc)
{
    PyStatus status = PyConfig_SetBytesString(config, &config->home, argv[1]);
    if (!PyStatus_Exception(status)) {
        status = PyConfig_SetBytesString(config, &config->run_filename, argv[2]);
    }
    if (!PyStatus_Exception(status)) {
        status = PyConfig_SetBytesArgv(config, argc - 2, argv + 2);
    }
    if (!PyStatus_Exception(status)) {
        config->parse_argv = 0;
        status = Py_InitializeFromConfig(config);
    }
    PyConfig_Clear(config);
    if (PyStatus_Exception(status)) {
        Py_ExitStatusException(status);
    }
    return Py_RunMain();
}

int
main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: embed PREFIX SCRIPT [ARGUMENT...]\n");
        return 2;
    }
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    return run(&config, argv, argc);
}
