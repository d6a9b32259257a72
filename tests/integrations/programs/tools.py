"""tools.py MODE: what tools and functions say of memory, of 1,000 nodes and what becomes of them.

MODE: "nothing", or "heap" to make the heap immortal when the nodes are there. Prints a JSON object:
for each tool, what it says. Each works on nodes of its own, for some of them keep what they see.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import tracemalloc
import weakref
from pathlib import Path
from typing import Any

COUNT = 1000
# Of numbers and strings alone: the collector has nothing to look for in them, and drops them.
NAMES = [f"name {number}" for number in range(COUNT)]
UNTRACKED = [*((name,) for name in NAMES), *({number: number} for number in range(COUNT))]
deleted: list[int] = []


class Node:
    def __init__(self, number: int) -> None:
        self.number = number
        self.data = [number + 1_000_000, "x" * 100]

    def __del__(self) -> None:
        deleted.append(self.number)


def use_pympler(nodes: list[Node]) -> Any:
    from pympler import asizeof, muppy, summary, tracker

    count = sum(type(item) is Node for item in muppy.get_objects())
    rows = summary.summarize(nodes)
    differences = tracker.SummaryTracker()
    kept = [Node(-1) for _ in range(10)]
    grown = [row[1] for row in differences.diff() if "Node" in str(row[0])]
    return [count, asizeof.asizeof(nodes[0].data), asizeof.flatsize(nodes), rows, grown, len(kept)]


def use_objgraph(nodes: list[Node]) -> Any:
    import objgraph

    kept = {"in a dict": nodes[-1]}
    chain = objgraph.find_backref_chain(nodes[0], lambda item: item is nodes)
    found = objgraph.count("Node"), len(objgraph.by_type("Node")), len(chain)
    return [*found, len(objgraph.at_addrs([id(kept)])), objgraph.is_proper_module(sys)]


def use_guppy(nodes: list[Node]) -> Any:
    from guppy import hpy

    sizes = {row.name: row.count for row in hpy().iso(*nodes).bytype.stat.get_rows()}
    held = hpy().iso(nodes).dominos
    return [sizes, hpy().iso(nodes[0]).size, held.size > COUNT * 56, hpy().heap().count > 10_000]


def use_memory_profiler(nodes: list[Node]) -> Any:
    from memory_profiler import memory_usage

    before, after = memory_usage((list, (nodes,)), max_usage=True), memory_usage(max_usage=True)
    large, blocks = [], memory_usage()[0]
    large.append(bytearray(b"x") * 50_000_000)
    return [before > 5 and after > 5, round((memory_usage()[0] - blocks) / 48)]


def use_memray(nodes: list[Node]) -> Any:
    import memray

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "traced")
        with memray.Tracker(file):
            large = [bytes(10_000_000 + len(nodes))]
        reader = memray.FileReader(file)
        sizes = [record.size for record in reader.get_high_watermark_allocation_records()]
        return [10_000_000 < max(sizes) < 10_100_000, len(large)]


def use_tracemalloc(nodes: list[Node]) -> Any:
    here = [tracemalloc.Filter(True, __file__)]
    traced = tracemalloc.take_snapshot().filter_traces(here).statistics("lineno")
    largest = [(row.traceback[0].lineno, row.count, row.size) for row in traced[:2]]
    origin = tracemalloc.get_object_traceback(nodes[0].data)
    before = tracemalloc.get_traced_memory()[0]
    kept = bytes(1_000_000)
    grown = tracemalloc.get_traced_memory()[0] - before
    return [largest, origin and origin[0].lineno, grown // len(kept)]


def use_getsizeof(nodes: list[Node]) -> Any:
    return [sys.getsizeof(item) for item in (nodes, nodes[0], nodes[0].data, Node, Node.__init__)]


def use_dict_size(nodes: list[Node]) -> Any:
    return sys.getsizeof(vars(nodes[0]))


def use_getrefcount(nodes: list[Node]) -> Any:
    fresh = Node(0)
    return [sys.getrefcount(nodes[0]), sys.getrefcount(fresh)]


def use_gc(nodes: list[Node]) -> Any:
    listed = sum(type(item) is Node for item in gc.get_objects())
    around = len(gc.get_referrers(nodes[0])), len(gc.get_referents(nodes[0]))
    return [listed, *around, gc.is_tracked(nodes[0])]


def use_generations(nodes: list[Node]) -> Any:
    generations = map(gc.get_objects, range(3))
    return sum(type(item) is Node for listed in generations for item in listed)


def use_untracked(nodes: list[Node]) -> Any:
    """Count how many of UNTRACKED are listed by the collector and by objgraph, which asks it.

    And how many of NAMES by muppy, which adds to the collector's list what that refers to.
    """
    import objgraph
    from pympler import muppy

    untracked, names = set(map(id, UNTRACKED)), set(map(id, NAMES))
    NAMES.clear()
    by_type = objgraph.by_type("tuple") + objgraph.by_type("dict")
    return [
        sum(id(item) in untracked for item in gc.get_objects()),
        sum(id(item) in untracked for item in by_type),
        sum(id(item) in names for item in muppy.get_objects()),
    ]


def use_weakref(nodes: list[Node]) -> Any:
    """Drop two nodes, one of which was there; tell which references died, and what was deleted."""
    deleted.clear()
    nodes.append(Node(-5))
    said: list[str] = []
    references = [
        weakref.ref(node, lambda _: said.append("died")) for node in (nodes[0], nodes[-1])
    ]
    del nodes[0], nodes[-1]
    gc.collect()
    return [[reference() is None for reference in references], said, sorted(deleted)]


def main() -> None:
    tracemalloc.start()
    names = [name for name in globals() if name.startswith("use_")]
    nodes = [Node(number) for number in range(COUNT)]
    # More than that is not to be found, in any tool.
    tools = {name.removeprefix("use_"): globals()[name] for name in names}
    cycle: list[Any] = [Node(-2)]
    cycle.append(cycle)
    del cycle
    gc.collect()  # in stock, too, so that it has looked at UNTRACKED
    if sys.argv[1] == "heap":
        gc.immortalize_heap()  # type: ignore[attr-defined]
    gc.collect()
    first = sorted(deleted)
    found = {name: use(nodes) for name, use in tools.items()}
    print(json.dumps({"unreachable cycle": first, **found}, default=str))


if __name__ == "__main__":
    main()
