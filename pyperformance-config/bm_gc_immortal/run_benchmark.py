"""A full collection while a large heap, which was made immortal, is in memory."""

from __future__ import annotations

import gc

import pyperf
from workload import forked
from workload.heap import load

RECORDS = 20_000  # some 80,000 containers


def main() -> None:
    runner = pyperf.Runner()
    runner.metadata["description"] = "gc.collect() with an immortal heap"
    runner.parse_args()
    table = load(RECORDS)
    forked.immortalize_heap()
    runner.bench_func("gc_immortal", gc.collect)
    assert len(table) == RECORDS


if __name__ == "__main__":
    main()
