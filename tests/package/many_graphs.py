"""many_graphs.py FIRST COUNT STEPS: random graphs of failures/graphs.py, by the package.

Runs in an interpreter that has the package, as a rule one with a sanitizer. Each graph has a forked
process of its own, where nodes are made immortal, used, collected and freed, where children are
forked, and which ends with all that the end of an interpreter does. Beside the kinds of nodes of
graphs.py there are more. Prints the number of graphs; stops at the first that fails, and names it.
"""

from __future__ import annotations

import collections
import contextvars
import functools
import gc
import itertools
import logging
import os
import random
import sys
import types
import weakref
from typing import Any

import graphs
import immortal_objects

finalized: list[int] = []


class Finalized:
    """Its end uses what it refers to, and brings some instances back to life."""

    def __init__(self, edges: list[Any]) -> None:
        self.edges = edges

    def __del__(self) -> None:
        assert isinstance(self.edges[0], int)
        finalized.append(len(self.edges))
        if self.edges[0] % 7 == 0:
            kept[self.edges[0] % 50] = self


kept: dict[int, Any] = {}
weak_values: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
variable: contextvars.ContextVar[Any] = contextvars.ContextVar("variable")


class Cached:
    @functools.cached_property
    def made(self) -> list[Any]:
        return [self, weakref.ref(self)]


def raised(edges: list[Any]) -> BaseException:
    """An exception with a traceback, whose frames have locals."""
    try:
        number = edges[0]
        raise ValueError(edges, f"number {number}")
    except ValueError as error:
        return error


def in_context(edges: list[Any]) -> contextvars.Context:
    context = contextvars.copy_context()
    context.run(variable.set, edges)
    return context


def remembered(edges: list[Any]) -> Any:
    @functools.lru_cache(2)
    def function(number: int, default: Any = edges) -> Any:
        return default

    return function


def watched(edges: list[Any]) -> Any:
    node = Cached()
    node.edges = edges  # type: ignore[attr-defined]
    weak_values[edges[0] % 50] = node
    return node


async def never(edges: list[Any]) -> None:
    await edges[0]


def coroutine(edges: list[Any]) -> Any:
    made = never(edges)
    made.close()
    return (made, edges)


def code(edges: list[Any]) -> Any:
    """A function made late, whose constants are new; it has run, so that they are counted."""
    source = f"lambda: (edges, 'constant {edges[0]}', {edges[0]} + 10**20, (1.5, b'{edges[0]}'))"
    function = eval(compile(source, "file", "eval"), {"edges": edges})
    for _ in range(5):
        function()
    return function


MORE: list[tuple[Any, Any]] = [
    (Finalized, lambda node: node.edges),
    (lambda edges: collections.deque([edges]), lambda node: node[0]),
    (lambda edges: collections.OrderedDict(edges=edges), lambda node: node["edges"]),
    (lambda edges: collections.defaultdict(list, e=edges), lambda node: node["e"]),
    (lambda edges: functools.partial(len, edges), lambda node: node.args[0]),
    (lambda edges: types.MappingProxyType({"e": edges}), lambda node: node["e"]),
    (lambda edges: itertools.repeat(edges), next),
    (lambda edges: staticmethod(graphs.enclosing(edges)), lambda node: node()),
    (lambda edges: property(graphs.enclosing(edges)), lambda node: node.fget()),
    (lambda edges: frozenset([graphs.plain(edges)]), lambda node: next(iter(node)).edges),
    (lambda edges: {edges[0], graphs.slots(edges)}, lambda node: max(node, key=id_of).edges),
    (raised, lambda node: node.args[0]),
    (in_context, lambda node: node[variable]),
    (remembered, lambda node: node(1)),
    (watched, lambda node: (node.made, node.edges)[1]),
    (coroutine, lambda node: node[1]),
    (code, lambda node: node()[0]),
]


def id_of(member: Any) -> bool:
    return isinstance(member, graphs.Slots)


def one(seed: int, steps: int) -> None:
    """Make a graph and work on it; in a process of its own."""
    gc.set_threshold(50, 5, 5)
    chance = random.Random(seed)
    # All of it, or what the package takes by default.
    choice: dict[str, Any] = {"mortal": ()} if seed % 2 else {}
    gc.immortalize_heap = lambda: immortal_objects.immortalize_heap(**choice)  # type: ignore
    graph = graphs.Graph(chance)
    for _ in range(max(1, steps // 50)):
        graph.work(50)
        for node in list(weak_values.values()):
            assert node.edges
    graph.check()
    if chance.random() < 0.5:
        graph.nodes.clear()
        gc.collect()


def main() -> None:
    first, count, steps = map(int, sys.argv[1:])
    graphs.KINDS += MORE
    gc.immortalize = immortal_objects.immortal  # type: ignore[attr-defined]
    # The heap becomes immortal in forked processes, which is late for everything else.
    logging.getLogger("immortal_objects").disabled = True
    for seed in range(first, first + count):
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            one(seed, steps)
            sys.exit(0)
        status = os.waitpid(child, 0)[1]
        if status:
            sys.exit(f"graph {seed}: status {os.waitstatus_to_exitcode(status)}")
    print(count, "graphs")


if __name__ == "__main__":
    main()
