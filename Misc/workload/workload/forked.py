"""Measure what a forked child does: its time, and the memory that it had to copy.

For the benchmarks in pyperformance-config/, and so for stock CPython as well. Needs pyperf.
"""

from __future__ import annotations

import gc
import json
import os
import time
import traceback
from collections.abc import Callable

import pyperf

from .heap import memory, take_out


def immortalize_heap() -> None:
    """Make the heap immortal; where the interpreter can't, only collect garbage, as that does."""
    if hasattr(gc, "immortalize_heap"):
        take_out("immortalize")
    else:
        gc.collect()


def run(
    work: Callable[[], object], prepare: Callable[[], object] | None = None
) -> dict[str, float]:
    """Call *work* in a forked child; return what it took: seconds, and bytes of memory.

    *prepare* is called in the child beforehand, and what it returns is kept meanwhile.
    Private_Dirty is the child's growth by the work, which is what it copied and what it allocated;
    Pss is the child's in the end, while its parent is alive. RuntimeError if the child fails.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            kept = prepare() if prepare else None
            before = memory()["Private_Dirty"]
            start = time.perf_counter()
            work()
            seconds = time.perf_counter() - start
            after = memory()
            grown = after["Private_Dirty"] - before
            found = {"seconds": seconds, "private_dirty": grown, "pss": after["Pss"]}
            os.write(writer, json.dumps(found).encode())
            del kept
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(writer)
    with open(reader, "rb") as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    if not text:
        raise RuntimeError("the forked child failed; see its traceback")
    result: dict[str, float] = json.loads(text)
    return result


def bench(
    runner: pyperf.Runner,
    name: str,
    work: Callable[[], object],
    prepare: Callable[[], object] | None = None,
) -> None:
    """Have pyperf measure run(); what it says of memory goes into the metadata."""
    if runner.parse_args().worker:
        first = run(work, prepare)
        runner.metadata["child_private_dirty"] = int(first["private_dirty"])
        runner.metadata["child_pss"] = int(first["pss"])

    def total(loops: int) -> float:
        return sum(run(work, prepare)["seconds"] for _ in range(loops))

    runner.bench_time_func(name, total)
