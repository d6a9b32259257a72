"""The beginning of each random program: what its steps use.

In stock, gc.collect() stands for the call that makes the heap immortal. Lines that begin with ~
may come in any order: an immortal object is finalized later than a mortal one.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable
from typing import Any

# Functions of C both, for a profiler tells them from others.
immortalize: Callable[[Any], Any] = getattr(gc, "immortalize", id)
immortalize_heap: Callable[[], int] = getattr(gc, "immortalize_heap", gc.collect)
ROLE = ["main"]


class Ended(BaseException):
    """Ends a process by way of all its frames."""


def say(*words: object, write: Callable[[int, bytes], int] = os.write) -> None:
    """Write a line at once, whatever becomes of sys.stdout."""
    write(1, (" ".join(map(str, words)) + "\n").encode(errors="backslashreplace"))


def show(obj: object) -> str:
    """Return the repr of *obj* without addresses, shortened."""
    return re.sub(r"0x[0-9a-f]{6,}", "0x", repr(obj))[:300]


def failed(error: BaseException) -> None:
    """Say how a step failed."""
    say("raised", type(error).__name__, re.sub(r"0x[0-9a-f]{6,}", "0x", str(error))[:300])


def path(name: str) -> str:
    """Return the path of a file of this program."""
    return os.path.join(os.getcwd(), name)


class Noisy:
    """Says that it is finalized, and by which process."""

    made = 0

    def __init__(self, name: str) -> None:
        Noisy.made += 1
        self.name = f"{name} #{Noisy.made}"

    def __del__(self, say: Callable[..., None] = say, role: list[str] = ROLE) -> None:
        say("~ finalized", self.name, "by", role[-1])


def fork(name: str) -> int:
    """Fork; return 0 in the child. The parent waits and says how the child ended."""
    pid = os.fork()
    if pid == 0:
        ROLE.append(name)
        return 0
    say("child", name, "ended with", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    return pid


def R(low: int, high: int) -> int:
    """Stand for a random number, which the generator puts here."""
    raise NotImplementedError(f"{low} to {high}")


sys.setrecursionlimit(600)
