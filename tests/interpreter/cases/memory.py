"""What the programs here share: the call, forked children, and memory of this process."""

from __future__ import annotations

import gc
import os
import sys
import time
import traceback
from collections.abc import Callable

HAS_SEAL = hasattr(gc, "immortalize_heap")


def kilobytes(field: str = "Rss") -> int:
    """Return a field of this process's smaps_rollup: Rss, Anonymous, Private_Dirty, ..."""
    with open("/proc/self/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field + ":"))


def seal() -> None:
    """Make the heap immortal; in stock, collect garbage."""
    getattr(gc, "immortalize_heap", gc.collect)()


def in_child(work: Callable[[], object]) -> None:
    """Let a forked child print what *work* returns, and wait for its end."""
    sys.stdout.flush()
    if os.fork() == 0:
        status = 1
        try:
            print(work(), flush=True)
            status = 0
        except BaseException:
            traceback.print_exc()
        os._exit(status)
    if os.wait()[1]:
        sys.exit("the child failed")


def fastest(function: Callable[[], object], times: int = 15) -> float:
    """Return the least processor time that a call of *function* takes, in seconds."""
    found = []
    for _ in range(times):
        start = time.process_time()
        function()
        found.append(time.process_time() - start)
    return min(found)
