"""Building an interpreter, and looking at what it is.

configuration, what to build; inputs, the files that it is made from, and their hashes; conan, which
runs Conan on the recipe; build, all steps up to the installation; probe, what an interpreter is, by
selfreport, which runs in it.
"""
