"""graphs.py SEED STEPS: change a random graph of objects while parts of it become immortal.

A model, of numbers alone, says after each step what the graph must look like: the edges of all
nodes that are named. Children are forked now and then, which go on for a while and end. Whatever is
freed too early, a build with a sanitizer notices; what is lost, the model.
"""

from __future__ import annotations

import gc
import os
import random
import sys
import types
import weakref
from typing import Any

SLOTS = 40


class Plain:
    pass


class Slots:
    __slots__ = ("__weakref__", "edges")


class Dict(dict[str, Any]):
    pass


class List(list[Any]):
    pass


def suspended(edges: list[Any]) -> Any:
    while True:
        yield edges


def enclosing(edges: list[Any]) -> Any:
    return lambda: edges


# Each kind of node: how to make one around its list of edges, and how to get at that.
KINDS: list[tuple[Any, Any]] = [
    (lambda edges: List([edges]), lambda node: node[0]),
    (lambda edges: Dict(edges=edges), lambda node: node["edges"]),
    (lambda edges: {"edges": edges, "more": (1.5, str(id(edges)))}, lambda node: node["edges"]),
    (lambda edges: (edges, (edges,), b"x" * 100), lambda node: node[1][0]),
    (enclosing, lambda node: node()),
    (suspended, next),
    (lambda edges: types.SimpleNamespace(edges=edges), lambda node: node.edges),
    (lambda edges: type("Made", (Plain,), {"edges": edges}), lambda node: node.edges),
    (lambda edges: type("Made", (Plain,), {"edges": edges})(), lambda node: node.edges),
    (lambda edges: types.MethodType(lambda self: self, edges), lambda node: node()),
]


def plain(edges: list[Any]) -> Plain:
    node = Plain()
    node.edges = edges  # type: ignore[attr-defined]
    return node


def slots(edges: list[Any]) -> Slots:
    node = Slots()
    node.edges = edges
    return node


KINDS += [(plain, lambda node: node.edges), (slots, lambda node: node.edges)]


class Graph:
    """Named nodes, and the model of them: node numbers, and the numbers that each refers to."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.nodes: list[tuple[int, Any, int]] = []
        self.model: dict[int, list[int]] = {}
        self.watched: list[Any] = []
        self.count = 0
        for _ in range(SLOTS):
            self.make()

    def make(self) -> None:
        kind = self.chance.randrange(len(KINDS))
        self.count += 1
        self.nodes.append((self.count, KINDS[kind][0]([self.count]), kind))
        self.model[self.count] = []

    def edges(self, place: int) -> list[Any]:
        _, node, kind = self.nodes[place]
        found: list[Any] = KINDS[kind][1](node)
        return found

    def place(self) -> int:
        return self.chance.randrange(len(self.nodes))

    def connect(self) -> None:
        one, other = self.place(), self.place()
        self.edges(one).append(self.nodes[other])
        self.model[self.nodes[one][0]].append(self.nodes[other][0])

    def cut(self) -> None:
        place = self.place()
        edges = self.edges(place)
        if len(edges) > 1:
            number = self.chance.randrange(1, len(edges))
            del edges[number]
            del self.model[self.nodes[place][0]][number - 1]

    def drop(self) -> None:
        """Forget a name: the node goes, unless others refer to it; the model keeps its edges."""
        self.nodes[self.place()] = self.nodes[-1]
        self.nodes.pop()
        self.make()

    def immortalize(self) -> None:
        gc.immortalize(self.nodes[self.place()][1])  # type: ignore[attr-defined]

    def immortalize_heap(self) -> None:
        if self.chance.random() < 0.02:
            gc.immortalize_heap()  # type: ignore[attr-defined]

    def watch(self) -> None:
        node = self.nodes[self.place()][1]
        if type(node).__weakrefoffset__:
            self.watched.append(weakref.ref(node, lambda _: None))
            del self.watched[:-50]

    def collect(self) -> None:
        gc.collect(self.chance.randrange(3))

    def fork(self) -> None:
        if self.chance.random() < 0.05:
            child = os.fork()
            if child == 0:
                self.work(30)
                self.check()
                sys.stdout.flush()
                (os._exit if self.chance.random() < 0.5 else sys.exit)(0)
            assert os.waitpid(child, 0)[1] == 0

    def work(self, steps: int) -> None:
        often = [self.connect] * 6 + [self.cut] * 3 + [self.drop] * 3
        seldom = [self.immortalize, self.watch, self.collect, self.immortalize_heap, self.fork]
        for _ in range(steps):
            self.chance.choice(often + seldom)()

    def check(self) -> None:
        """Compare all that can be reached with the model."""
        seen: set[int] = set()
        left = list(self.nodes)
        while left:
            number, node, kind = left.pop()
            if number not in seen:
                seen.add(number)
                first, *edges = KINDS[kind][1](node)
                assert first == number
                assert [edge[0] for edge in edges] == self.model[number]
                left += edges
        for reference in self.watched:
            node = reference()
            assert node is None or repr(type(node))


def main() -> None:
    seed, steps = map(int, sys.argv[1:])
    gc.set_threshold(50, 5, 5)
    graph = Graph(random.Random(seed))
    for _ in range(steps // 100):
        graph.work(100)
        graph.check()
    print(graph.count, "nodes")


if __name__ == "__main__":
    main()
