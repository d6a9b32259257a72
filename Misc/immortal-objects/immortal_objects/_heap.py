"""The whole heap: make it immortal now, or once, right before the first fork."""

from __future__ import annotations

import os
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from . import _backend
from ._backend import LOGGER, say_that_nothing_changes
from ._fork import late_callbacks
from ._lazy import load_lazy_imports
from ._mortal import mortal_types
from ._preload import cover_forkserver

# Of the latest fork that this process or one before it made: who forked, and how many modules
# were loaded.
_fork: tuple[int, int] | None = None
# A call in a worker needs no word any more: it has got one, or the parent has done its part.
_silent = False


class _Once:
    """What before_first_fork() waits for."""

    registered = False
    begun = False
    done = False
    # The arguments of its calls.
    mortal: ClassVar[list[tuple[type, ...] | None]] = []
    lazy = True
    # Called when it is done, in the process that forks.
    then: ClassVar[list[Callable[[], object]]] = []
    # By process: in one that is forked meanwhile, nobody is there to release the other's.
    locks: ClassVar[dict[int, Any]] = {}


def immortalize_heap(*, mortal: type | Iterable[type] | None = None, load_lazy: bool = True) -> int:
    """Make all objects of the interpreter immortal; return how many became so, 0 on others.

    For a server: to be called when everything is loaded, right before the first fork. It collects
    garbage beforehand, also where the collector is disabled.

    Instances of the types in *mortal* stay mortal. By default these are mortal_types(), as far as
    the interpreter has such a choice; with () there are none.

    What the modules import lazily (Python 3.15) is loaded and put in place before, unless
    *load_lazy* is false: forked processes would load it each for itself. What can't be imported
    stays lazy.

    A forked worker is too late for it: there it copies what the worker shares with its parent. The
    logger "immortal_objects" has a warning of that, once.

    Raises TypeError if *mortal* holds anything but types, or where gc.immortalize_heap() doesn't
    take it; RuntimeError during a garbage collection; and MemoryError if there is no memory left
    for the work.
    """
    global _silent
    types = None if mortal is None else _checked(mortal)
    warned = _warn_in_worker("immortalize_heap")
    _silent = True
    backend = _backend.CHOSEN
    if not backend.able:
        say_that_nothing_changes()
        return 0
    if load_lazy:
        load_lazy_imports()
    if types is None:
        types = mortal_types() if backend.takes_mortal else ()
    if not warned:
        return _call(backend.immortalize_heap, types)
    with warnings.catch_warnings():  # gc says the same
        warnings.filterwarnings("ignore", r"gc\.immortalize_heap\(\)", ResourceWarning)
        return _call(backend.immortalize_heap, types)


def _call(function: Callable[..., int], types: tuple[type, ...]) -> int:
    return function(mortal=types) if types else function()


def before_first_fork(
    *, mortal: type | Iterable[type] | None = None, load_lazy: bool = True
) -> None:
    """Call immortalize_heap() right before the next fork of this process, and never again.

    For programs that load everything before their first fork, wherever that is: a pool, a server,
    a scheduler. Further calls add their types to *mortal*, which immortalize_heap() gets, with
    *load_lazy* if all calls have it. After the fork they do nothing; nor do they in the processes
    forked.

    A fork server of multiprocessing that this process starts later does the same in itself, by
    default, unless the program sets the server's list of modules: preload_forkserver() does that.

    A fork is one by os.fork(), as multiprocessing does it, by os.forkpty(), or by what calls
    PyOS_BeforeFork() in C. subprocess forks in this way for a preexec_fn only; a program that just
    starts others is left as it is. Where a program forks to become a daemon, call it after that.

    If immortalize_heap() raises an exception, the fork goes on, and the logger "immortal_objects"
    has the error.

    Raises TypeError if *mortal* holds anything but types.
    """
    types = None if mortal is None else _checked(mortal)
    if _Once.begun:
        return
    _warn_in_worker("before_first_fork")
    _Once.mortal.append(types)
    _Once.lazy = _Once.lazy and load_lazy
    if _backend.CHOSEN.able:
        cover_forkserver()
    # Only now: callbacks run in reverse order, so this one does before those that take locks.
    if not _Once.registered and hasattr(os, "register_at_fork"):
        _Once.registered = True
        os.register_at_fork(before=_act)


def then(function: Callable[[], object]) -> None:
    """Call *function* when before_first_fork() has done its work, still before the fork."""
    _Once.then.append(function)


def _act() -> None:
    """Do what before_first_fork() was called for. It can't be unregistered."""
    if _Once.done:
        return
    with _Once.locks.setdefault(os.getpid(), threading.RLock()):
        # Another thread has done it by now, or a finalizer in it forks.
        if _Once.begun:
            return
        _Once.begun = True
        given = _Once.mortal
        try:
            types = [item for some in given if some is not None for item in some]
            if types and None in given:
                types += mortal_types()
            mortal = None if None in given and not types else types
            with late_callbacks():
                immortalize_heap(mortal=mortal, load_lazy=_Once.lazy)
            for function in _Once.then:
                function()
        except Exception:
            LOGGER.exception("the heap doesn't become immortal before the first fork")
        finally:
            _Once.done = True
            given.clear()
            _Once.then.clear()
            _Once.locks.clear()


def _checked(mortal: type | Iterable[type]) -> tuple[type, ...]:
    types = (mortal,) if isinstance(mortal, type) else tuple(mortal)
    for item in types:
        if not isinstance(item, type):
            raise TypeError(f"mortal is for a type or several, but {item!r} is none")
    return types


def _warn_in_worker(name: str) -> bool:
    """Log that *name* was called in a forked worker, if so; tell whether it did.

    No call fails for want of this warning. Without memory, what it takes raises more than
    MemoryError; the call itself finds out, and says so.
    """
    global _silent
    try:
        if _silent or not _in_worker():
            return False
        _silent = True
        LOGGER.warning(
            "%s() called in a forked worker (process %d): it copies what the worker shares with "
            "its parent. Call it in the parent (process %d), before the fork "
            "(gunicorn: when_ready, not post_fork)",
            name,
            os.getpid(),
            os.getppid(),
        )
    except Exception:
        return False
    return True


def _in_worker() -> bool:
    """Tell whether most of what this process has was there when a living parent forked it.

    The parent of a daemon has ended. A process that was forked first and has loaded its program
    since has more modules, or is larger than its parent. And an immortal heap isn't copied.
    """
    if _fork is None or os.getpid() == _fork[0] or os.getppid() != _fork[0]:
        return False
    if _backend.CHOSEN.is_immortal(_Once):
        return False
    sizes = [(len(sys.modules), _fork[1]), (_anonymous(os.getpid()), _anonymous(_fork[0]))]
    return all(own <= 2 * parents for own, parents in sizes)


def _anonymous(pid: int) -> int:
    """Return how much memory of its own a process has, in KiB, where Linux tells; 0 elsewhere."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:
        return 0
    found = re.search(r"^RssAnon:\s*(\d+)", status, re.MULTILINE)
    return int(found[1]) if found else 0


def _note_fork() -> None:
    global _fork
    _fork = os.getpid(), len(sys.modules)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_note_fork)
