"""What Python code can see while the interpreter ends, with an immortal heap as without one.

at_exit.py subinterpreter|pool|register|main_thread
"""

import atexit
import os
import sys
import threading

from memory import seal


def subinterpreter():
    """A sub-interpreter is alive when the main one ends, with its id object."""
    import _xxsubinterpreters

    globals()["kept"] = _xxsubinterpreters.create()
    seal()
    print(globals()["kept"])


def pool():
    """Nobody closed the pool."""
    import multiprocessing

    globals()["kept"] = multiprocessing.get_context("fork").Pool(2)
    seal()
    print(globals()["kept"].map(abs, [-1, 2]))


def register():
    """It is too late to register with threading while atexit's functions run."""

    def late():
        try:
            threading._register_atexit(print, "too late")
            print("accepted")
        except RuntimeError as error:
            print(error)

    atexit.register(late)
    seal()


class Looks:
    """Looks at the main thread when it is finalized."""

    def __del__(self, main=threading.main_thread, write=os.write):
        write(1, f"main thread alive: {main().is_alive()}\n".encode())


def main_thread():
    """Finalizers at the end find the main thread stopped."""
    globals()["kept"] = Looks()
    seal()


globals()[sys.argv[1]]()
