"""A heap is loaded and made immortal; a forked child reads all of it and collects garbage."""

from __future__ import annotations

import gc

import pyperf
from workload import forked
from workload.heap import load, read

RECORDS = 20_000  # some 20 MB


def main() -> None:
    runner = pyperf.Runner()
    runner.metadata["description"] = "Read a loaded heap, and collect, in a forked child"
    runner.parse_args()
    table = load(RECORDS)
    forked.immortalize_heap()

    def work() -> None:
        read(table)
        gc.collect()

    forked.bench(runner, "fork_read", work)


if __name__ == "__main__":
    main()
