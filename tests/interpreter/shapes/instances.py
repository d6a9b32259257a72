"""Shapes of instances, and of what is bound to them or watches them."""

# ruff: noqa: RUF012

from __future__ import annotations

import collections
import dataclasses
import gc
import typing
import weakref
from collections.abc import Iterator
from typing import Any

from registry import copies, shape


class Node:
    def __init__(self, n: Any) -> None:
        self.n = n
        self.children: list[Any] = []

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def bump(self) -> int:
        self.n += 1
        return self.n


class SlotNode:
    __slots__ = ("__dict__", "__weakref__", "n")

    def __init__(self, n: Any) -> None:
        self.n = n

    def __eq__(self, other: Any) -> bool:
        return self.n == other.n and self.__dict__ == other.__dict__


@shape
def instances_sharing_keys() -> Iterator[Any]:
    obj = [Node(i) for i in range(50)]
    yield obj
    for i, node in enumerate(obj):
        node.children.append(obj[i - 1])
        if i % 2:
            node.extra = i
        if i % 3 == 0:
            del node.n
        if i % 5 == 0:
            node.__dict__["through dict"] = node
        if i % 7 == 0:
            node.__dict__ = {"n": 1, "children": []}
    more = [Node(i) for i in range(10)]
    yield [[sorted(node.__dict__) for node in obj], copies(more), len(vars(more[0]))]


@shape
def instance_with_slots_and_dict() -> Iterator[Any]:
    obj = SlotNode([1])
    yield obj
    obj.n.append(2)
    obj.free = "x"
    obj.__dict__["y"] = 2
    seen = [copies(obj), obj.n, obj.__dict__]
    del obj.n
    obj.__dict__ = {}
    yield [*seen, hasattr(obj, "n"), hasattr(obj, "free")]


@shape
def instance_that_changes_class() -> Iterator[Any]:
    class Other(Node):
        def bump(self) -> int:
            return -1

    obj = Node(1)
    yield obj
    seen = [obj.bump()]
    obj.__class__ = Other
    seen.append(obj.bump())
    obj.__class__ = Node
    yield [*seen, obj.bump(), obj.__dict__]


@shape
def bound_methods() -> Iterator[Any]:
    node = Node(1)
    obj = [node.bump, [1].append, "abc".upper, {}.__setitem__, Node.bump.__get__(node), len]
    yield obj
    obj[1](5)
    obj[3](1, 2)
    yield [obj[0](), obj[4](), obj[1].__self__, obj[2](), obj[3].__self__, node.n, obj[0] == obj[4]]


@shape
def method_caches() -> Iterator[Any]:
    obj = Node(0)
    yield obj
    seen = []
    for turn in range(60):
        seen.append(obj.bump())
        if turn == 30:
            original, Node.bump = Node.bump, lambda self: -self.n
    Node.bump = original
    yield [seen, obj.bump()]


@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: list[Any] = dataclasses.field(default_factory=list, compare=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    x: int
    y: tuple[Any, ...] = ()


@shape
def dataclass_instances() -> Iterator[Any]:
    obj = [Point(1, [2]), Point(0), Frozen(1, ([1],)), Point, Frozen]
    yield obj
    obj[0].y.append(obj[1])
    obj[1].x = 7
    obj[1].new = 1
    try:
        obj[2].x = 2
    except dataclasses.FrozenInstanceError:
        obj[2].y[0].append("frozen")
    yield [
        repr(obj[:3]),
        obj[0] < obj[1],
        copies(obj[0]),
        copies(obj[2]),
        dataclasses.asdict(obj[0]),
        dataclasses.replace(obj[2], x=5),
        obj[3](9),
    ]


Pair = collections.namedtuple("Pair", "left right", defaults=[None])


class Typed(typing.NamedTuple):
    a: int
    b: list[Any] = []


@shape
def namedtuples() -> Iterator[Any]:
    obj = [Pair(1, [2]), Typed(3), Pair, Typed]
    yield obj
    obj[0].right.append(3)
    yield [
        repr(obj[:2]),
        copies(obj[0]),
        obj[0]._replace(left=5),
        obj[2](8),
        obj[3](4, [1])._asdict(),
    ]


@shape
def weakrefs_and_callbacks() -> Iterator[Any]:
    called: list[Any] = []
    mortal, target, keep = Node(1), Node(2), [SlotKey(1)]
    obj = [
        weakref.ref(target, lambda _: called.append("target")),
        weakref.ref(mortal, lambda _: called.append("mortal")),
        weakref.WeakMethod(target.bump),
        weakref.proxy(target),
        weakref.WeakValueDictionary({"target": target}),
        weakref.WeakKeyDictionary({keep[0]: [1]}),
        weakref.WeakSet(),
    ]
    yield obj
    obj[6].add(keep[0])
    late = Node("late")
    later = weakref.ref(late, lambda _: called.append("late"))
    obj[4]["late"] = late
    del late
    gc.collect()
    seen = [called[:], obj[0]() is target, obj[1]() is mortal, obj[2]()(), obj[3].n, later()]
    yield [*seen[1:], "late" in called, sorted(obj[4]), len(obj[5]), len(obj[6]), keep[0].n]


class SlotKey:
    __slots__ = ("__weakref__", "n")

    def __init__(self, n: int) -> None:
        self.n = n
