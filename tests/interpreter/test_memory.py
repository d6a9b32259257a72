"""What it is all for: a forked child shares the heap; and what making it immortal costs.

Ratios only: both sides of each are measured in one process, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from harness import run_json

SHARE = """
import gc, json, os, sys

def private_dirty():
    '''Private_Dirty of this process in kB.'''
    with open("/proc/self/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Private_Dirty"))

class Record:
    def __init__(self, number):
        self.number = number
        self.name = f"record {number}"
        self.tags = [f"tag {number % 7}", number / 3]

before = private_dirty()
records = [Record(i) for i in range(100_000)]
table = {record.name: {"id": i, "values": (record, [i * 0.5]), str(i): None}
         for i, record in enumerate(records)}
heap = private_dirty() - before
if sys.argv[1] != "nothing":
    getattr(gc, sys.argv[1])()

reader, writer = os.pipe()
if os.fork() == 0:
    start = private_dirty()
    count = 0
    for name, row in table.items():
        record, extra = row["values"]
        count += len(name) + row["id"] + len(record.tags) + len(extra) + len(record.name)
        for key, value in row.items():
            count += key is value
    for record in records:
        count += record.number + len(record.tags)
    collected = [gc.collect() for _ in range(2)]
    os.write(writer, json.dumps([private_dirty() - start, count]).encode())
    os._exit(0)
os.wait()
dirtied, count = json.loads(os.read(reader, 1000))
print(json.dumps({"heap": heap, "dirtied": dirtied, "count": count}))
"""

COST = """
import gc, json, sys, time
gc.disable()

def rss():
    '''Resident memory of this process in bytes.'''
    with open("/proc/self/smaps_rollup") as file:
        return 1024 * next(int(line.split()[1]) for line in file if line.startswith("Rss"))

def took(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start

# Six objects each: dict, int, str, list, float, tuple.
heap = [{"id": i, "name": f"name {i}", "tags": [i / 3, (i,)]} for i in range(1000, 501_000)]
gc.collect()
collect = min(took(gc.collect) for _ in range(4))
before = rss()
start = time.perf_counter()
taken = gc.immortalize_heap()
immortalize = time.perf_counter() - start
grown = rss() - before
after = min(took(gc.collect) for _ in range(4))
assert gc.is_immortal(heap[-1]["tags"][1])
print(json.dumps({"taken": taken, "ratio": immortalize / collect, "after": after / collect,
                  "grown": grown}))
"""


def share(python: Path, mode: str) -> float:
    """Return the share of the heap that a child copied which only read it."""
    got = run_json(python, SHARE, mode)
    assert got["heap"] > 50_000, "kB; the heap is too small to tell"
    return float(got["dirtied"] / got["heap"])


@pytest.fixture(scope="module")
def best(patched: Path) -> dict[str, Any]:
    """The cost of gc.immortalize_heap(): of several processes, the one with the best ratio."""
    runs: Iterator[dict[str, Any]] = (run_json(patched, COST) for _ in range(4))
    found = min(runs, key=lambda got: float(got["ratio"]))
    print("taken: objects; ratio, after: times a full collection; grown: bytes")
    print(found)  # for the README, by -rP
    return found


def test_child_shares_an_immortal_heap(patched: Path) -> None:
    assert share(patched, "immortalize_heap") <= 0.01


@pytest.mark.parametrize("mode", ("nothing", "freeze"))
def test_child_copies_a_mortal_heap(patched: Path, stock: Path, mode: str) -> None:
    """The bar above means something: without immortality the same child copies most of it."""
    ours, stocks = map(partial(share, mode=mode), (patched, stock))
    assert stocks > 0.5
    assert ours <= stocks * 1.05


def test_time_of_immortalizing(best: dict[str, Any]) -> None:
    assert best["taken"] > 3_000_000
    assert best["ratio"] <= 0.6, "times one full collection of the same heap"


def test_collection_afterwards_costs_nothing(best: dict[str, Any]) -> None:
    assert best["after"] < 0.02, "times one full collection of the same heap, mortal"


def test_no_memory_per_object(best: dict[str, Any]) -> None:
    assert best["grown"] / best["taken"] < 0.5, "bytes per object"
