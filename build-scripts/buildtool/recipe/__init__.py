"""What conanfile.py takes along, beside modules of core and series, and of windows.

exported, the list of that; options, the table of the recipe's options; sources, to fetch verified
files; patches, to apply them; tree, what is changed in the source and in what make leaves;
environment, what configure is told; sysroot, what a cross build compiles against; toolchain, a
compiler of another release of Debian; relocate, so that an installation can be moved; reproducible,
so that it is the same wherever and whenever it is built.
"""
