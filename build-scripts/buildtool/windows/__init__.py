"""Windows without Windows: clang in MSVC mode builds CPython's own project files, Wine runs them.

root makes the root in which that happens; build compiles a source tree in it, by way of frozen,
msbuild (which reads the project files), ninja and tools; target has what differs between machines;
gnu finds what cl doesn't know; extension compiles single files.
"""
