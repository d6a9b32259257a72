"""What the commands in build-scripts/ do: each starts a module of cli/, which calls the others.

core, what all have in common; recipe, what conanfile.py takes along; interpreter, to build one;
install, to put it where the user wants it; series, to keep the patches; suite, to compare runs of
CPython's tests; matrix, to do that for each target; performance, to measure; images, for
containers; release, for what is published; windows, to build for Windows's ABI.
"""
