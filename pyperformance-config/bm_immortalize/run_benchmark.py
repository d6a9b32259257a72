"""gc.immortalize_heap() itself. Where it doesn't exist, the collection that is its first part.

Each time in a child of its own, with a new heap, for a heap can be made immortal only once.
"""

from __future__ import annotations

from functools import partial

import pyperf
from workload import forked
from workload.heap import load

RECORDS = 20_000

if __name__ == "__main__":
    runner = pyperf.Runner()
    runner.metadata["description"] = "gc.immortalize_heap()"
    forked.bench(runner, "immortalize", forked.immortalize_heap, partial(load, RECORDS))
