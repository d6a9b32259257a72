"""gunicorn -c gunicorn.conf.py MODULE:APPLICATION, with any class of workers that fork.

preload_app loads the application once, in the master. when_ready() runs there after it, before the
first worker is forked; workers that replace others later are forked from the same heap.
before_first_fork() would be too early with --daemon: that forks before anything is loaded.
"""

from immortal_objects import immortalize_heap

preload_app = True


def when_ready(server):
    immortalize_heap()
