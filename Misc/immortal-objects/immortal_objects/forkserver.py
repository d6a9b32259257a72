"""For multiprocessing's fork server, as the last module that it preloads.

It makes the server's heap immortal right before the first process is forked from it:

    modules = ["__main__", "application", "immortal_objects.forkserver"]
    multiprocessing.set_forkserver_preload(modules)

preload_forkserver("application") of the package does the same.
"""

from . import before_first_fork

before_first_fork()
