"""Find out who writes to the memory that forked processes share.

After a fork, parent and child share their memory until one of them writes to it; the kernel then
copies the page. This module traps the first write to each page in the child, and tells which C
function, line of Python and type of object was the cause.

From a shell:           python -m cowtrace script.py [args]
In a parent process:    cowtrace.follow(directory)
In a worker:            with cowtrace.trace() as trace: ...
"""

from __future__ import annotations

import sys

if not sys.platform.startswith("linux"):
    raise ImportError("cowtrace needs Linux: no other system can trap the writes")

import os
from typing import IO, TYPE_CHECKING, Any

import _cowtrace

if TYPE_CHECKING:
    from ._report import Report

__all__ = ["Report", "Trace", "backends", "follow", "read", "start", "stop", "trace"]

_following = False
_started: Trace | None = None


def __getattr__(name: str) -> Any:
    # A program that is traced has no use for all that it imports.
    if name == "Report":
        from ._report import Report

        return Report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def backends() -> list[str]:
    """Return the names of the backends that are permitted here, the best first."""
    return _cowtrace.backends()


def _knows_immortal() -> bool:
    """Tell whether this interpreter has immortal objects: if any, None is one."""
    return _cowtrace.is_immortal(None)


def _prepare(backend: str) -> None:
    if backend == "mprotect" or (backend == "auto" and backends()[0] == "mprotect"):
        # It would take its own handler of SIGSEGV away, and ours with it.
        import faulthandler

        faulthandler.disable()


def follow(
    directory: str | os.PathLike[str],
    *,
    backend: str = "auto",
    immortal: bool | None = None,
    child: int = 0,
) -> None:
    """Trace every process that is forked from now on.

    Each of them leaves a file in *directory*, which has to exist and which cowtrace.read() reads.
    If *child* is a number, only that child is traced, counting from 1. Raises ValueError for an
    unknown *backend*, OSError if *directory* isn't one.
    """
    global _following
    if immortal is None:
        immortal = _knows_immortal()
    _prepare(backend)
    _cowtrace.follow(os.path.abspath(directory), backend, immortal, child)
    if not _following:
        os.register_at_fork(before=_cowtrace.arm, after_in_parent=_cowtrace.disarm)
        _following = True


def read(directory: str | os.PathLike[str], *, exit: bool = True) -> Report:
    """Return a Report of the processes that left a file in *directory*.

    Leave out what they wrote when they were exiting if *exit* is false. Raises OSError, and
    ValueError if a file there is no trace.
    """
    from ._report import Report
    from ._summary import summarize
    from ._trace import read_directory

    return Report(summarize(read_directory(os.fspath(directory)), exit))


class Trace:
    """A trace of this process; a context manager.

    *immortal* tells whether to find out which pages hold immortal objects; by default that is done
    if the interpreter has some.
    """

    def __init__(self, *, backend: str = "auto", immortal: bool | None = None) -> None:
        self._backend = backend
        self._immortal = _knows_immortal() if immortal is None else immortal
        self._file: IO[bytes] | None = None
        self._data: bytes | None = None

    def start(self) -> None:
        """Protect the memory of this process; RuntimeError if it is traced already, OSError."""
        import tempfile

        _prepare(self._backend)
        file = tempfile.TemporaryFile(prefix="cowtrace-")  # noqa: SIM115, stop() closes it
        try:
            path = f"/proc/self/fd/{file.fileno()}"
            _cowtrace.start(path, self._backend, self._immortal)
        except BaseException:
            file.close()
            raise
        self._file = file

    def stop(self) -> None:
        """End the protection; RuntimeError if this process is not traced."""
        _cowtrace.stop()
        assert self._file is not None
        with self._file:
            self._file.seek(0)
            self._data = self._file.read()

    def report(self) -> Report:
        """Return a Report of what was written before stop() was called, or RuntimeError."""
        from ._report import Report
        from ._summary import summarize
        from ._trace import Process

        if self._data is None:
            raise RuntimeError("the trace has not been stopped")
        return Report(summarize([Process(self._data)]))

    def __enter__(self) -> Trace:
        self.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.stop()


trace = Trace


def start(*, backend: str = "auto", immortal: bool | None = None) -> None:
    """Trace this process, until stop() is called; RuntimeError if it is traced already."""
    global _started
    trace = Trace(backend=backend, immortal=immortal)
    trace.start()
    _started = trace


def stop() -> Report:
    """Stop tracing this process, and return the Report; RuntimeError if it was not started."""
    global _started
    if _started is None:
        raise RuntimeError("start() was not called")
    _started.stop()
    trace, _started = _started, None
    return trace.report()
