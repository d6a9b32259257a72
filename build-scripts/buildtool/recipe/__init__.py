"""What conanfile.py takes along, beside modules of core and series, and of windows.

options, the table of the recipe's options; sources, to fetch verified files; sysroot, what a cross
build compiles against; toolchain, a compiler of another release of Debian.
"""
