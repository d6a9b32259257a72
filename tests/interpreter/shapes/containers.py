"""Shapes of containers: lists, tuples, sets, deques, and their subclasses."""

# ruff: noqa: RUF005

from __future__ import annotations

import collections
import copy
import itertools
from collections.abc import Iterator
from typing import Any

from registry import copies, shape


class ListSub(list[Any]):
    pass


class ListSlots(list[Any]):
    __slots__ = ("extra",)


class TupleSub(tuple[Any, ...]):
    pass


class SetSub(set[Any]):
    pass


class FrozensetSub(frozenset[Any]):
    pass


class DequeSub(collections.deque[Any]):
    pass


def change_list(obj: Any) -> list[Any]:
    seen = [copies(obj), repr(obj)]
    obj.append([4])
    obj += ["y"]
    obj.insert(0, 3.5)
    obj[1:3] = [9, 8, 7]
    del obj[-1]
    obj.extend(range(50))
    obj.reverse()
    seen += [obj.pop(), obj.index(9), obj.count(8), len(obj), obj[:5], obj * 2 == obj + obj]
    obj.clear()
    obj.extend([3, 1, 2])
    obj.sort()
    return [*seen, repr(obj)]


@shape
def list_() -> Iterator[Any]:
    obj = [1, [2], "x", None]
    yield obj
    yield change_list(obj)


@shape
def list_subclass() -> Iterator[Any]:
    obj = ListSub([1, [2], "x"])
    obj.name = ["attribute"]
    yield obj
    obj.name.append(1)
    yield [change_list(obj), obj.name, obj.__dict__]


@shape
def list_subclass_with_slots() -> Iterator[Any]:
    obj = ListSlots([1, [2], "x"])
    obj.extra = [1]
    yield obj
    obj.extra.append(2)
    yield [change_list(obj), obj.extra, hasattr(obj, "__dict__")]


@shape
def list_of_itself() -> Iterator[Any]:
    obj: list[Any] = [1]
    obj.append(obj)
    obj.append({"me": obj})
    yield obj
    obj.append(2)
    other = copy.deepcopy(obj)
    del obj[2]
    yield [repr(obj), repr(other), other[1] is other, obj[1] is obj]


@shape
def tuple_() -> Iterator[Any]:
    obj = (1, [2], ("x", (None,)), 2.5)
    yield obj
    obj[1].append(3)
    yield [copies(obj), repr(obj), obj + (4,), obj[::-1], obj < (2,), obj.index(2.5)]


@shape
def tuple_untracked() -> Iterator[Any]:
    obj = (1, "x", (2.5, (b"y",)), len("zz"))
    yield obj
    yield [copies(obj), repr(obj), hash(obj) == hash((1, "x", (2.5, (b"y",)), 2)), {obj: 1}[obj]]


@shape
def tuple_subclass() -> Iterator[Any]:
    obj = TupleSub([1, [2]])
    obj.name = "n"
    yield obj
    obj.other = [1]
    yield [copies(obj), repr(obj), sorted(obj.__dict__.items(), key=str)]


def change_set(obj: Any) -> list[Any]:
    seen = [copies(obj), len(obj)]
    obj.update(range(100), ["s", (1, 2)])
    obj.discard(5)
    obj.remove("s")
    obj -= {1, 2, 3}
    obj ^= {4, 1000}
    seen += [len(obj), 1000 in obj, 4 in obj, (1, 2) in obj, obj >= {6, 7}]
    obj &= set(range(20))
    seen.append(sorted(obj))
    obj.clear()
    obj.add("last")
    return [*seen, obj.pop(), len(obj)]


@shape
def set_() -> Iterator[Any]:
    obj = {1, "a", (2, 3), frozenset({4})}
    yield obj
    yield change_set(obj)


@shape
def set_subclass() -> Iterator[Any]:
    obj = SetSub({1, "a", (2, 3)})
    obj.name = [obj]
    yield obj
    del obj.name
    yield change_set(obj)


@shape
def frozenset_() -> Iterator[Any]:
    obj = [frozenset({1, "a", (2,)}), FrozensetSub({3}), frozenset()]
    yield obj
    yield [copies(obj), obj[0] | {9} == {1, "a", (2,), 9}, {obj[0]: 1}[frozenset(obj[0])]]


@shape
def deque() -> Iterator[Any]:
    obj = collections.deque([1, [2], "x"], maxlen=100)
    yield obj
    for i in range(150):
        obj.append([i])
        obj.appendleft(i) if i % 3 == 0 else obj.rotate(1)
    del obj[10]
    yield [len(obj), obj.pop(), obj.popleft(), copies(obj), list(itertools.islice(obj, 4))]


@shape
def deque_subclass() -> Iterator[Any]:
    obj = DequeSub("abc")
    obj.name = obj
    yield obj
    obj.name = 1
    obj.extend(range(200))
    obj.extendleft("xy")
    yield [len(obj), obj.name, obj[0], obj[-1], copies(obj)]
