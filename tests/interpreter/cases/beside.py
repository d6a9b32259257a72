"""A thread of the parent works while a forked child exits; for the programs beside this one."""

import os
import sys
import threading

from memory import seal

_ready, _go = threading.Event(), threading.Event()


def pause():
    """Wait, in the middle of the work, until the child has ended."""
    _ready.set()
    _go.wait()


def exit_beside(work, sealed=True):
    """Run *work* in a thread, and print the status of a child that exits during its pause()."""
    thread = threading.Thread(target=work)
    thread.start()
    _ready.wait()
    if sealed:
        seal()
    if os.fork() == 0:
        sys.exit(0)
    print(os.wait()[1])
    _go.set()
    thread.join()
