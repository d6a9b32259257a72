"""leaks.py: calls that fail for want of memory leave no more behind than calls that succeed.

A call that succeeds leaves its argument, made anew each time. Prints, for each call and
each allocation from which on all fail (first for none), how many of the calls failed, and how many
small blocks and bytes of the C library's are in use afterwards, more than before, for each call.
"""

from __future__ import annotations

import _testcapi
import ctypes
import gc
import json
import sys
from collections.abc import Callable

CALLS, ALLOCATIONS = 20, 6
FIELDS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"


class Information(ctypes.Structure):
    """malloc.h: struct mallinfo2."""

    _fields_ = [(name, ctypes.c_size_t) for name in FIELDS.split()]


mallinfo2 = ctypes.CDLL(None).mallinfo2
mallinfo2.restype = Information


def used() -> tuple[int, int]:
    """Return the blocks of pymalloc and the bytes of malloc() in use."""
    found = mallinfo2()
    return sys.getallocatedblocks(), found.uordblks + found.hblkhd


def growth(
    make: Callable[[], object], call: Callable[[object], object], failing: int | None
) -> tuple[int, float, float]:
    """Make the call often, from allocation *failing* on without memory; what does one leave?"""
    failures = 0

    def once() -> None:
        nonlocal failures
        argument = make()
        if failing is not None:
            _testcapi.set_nomemory(failing, 0)
        try:
            call(argument)
        except MemoryError:
            failures += 1
        finally:
            _testcapi.remove_mem_hooks()

    for _ in range(3):
        once()
    gc.collect()
    before = used()
    for _ in range(CALLS):
        once()
    after = used()
    return failures, (after[0] - before[0]) / CALLS, (after[1] - before[1]) / CALLS


def codes() -> object:
    """Return what takes memory to walk through: objects that the collector doesn't know."""
    code = codes.__code__
    return [code.replace(co_consts=(f"constant {number}",)) for number in range(3000)]


def survivors() -> object:
    """Return what a further call takes: what survived a collection."""
    made = codes()
    gc.collect()
    return made


def main() -> None:
    calls: dict[str, tuple[Callable[[], object], Callable[[object], object]]] = {
        "heap": (survivors, lambda _: gc.immortalize_heap()),  # type: ignore[attr-defined]
        "one": (codes, gc.immortalize),  # type: ignore[attr-defined]
    }
    numbers = (None, *range(ALLOCATIONS))
    found = {name: [growth(*call, n) for n in numbers] for name, call in calls.items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
