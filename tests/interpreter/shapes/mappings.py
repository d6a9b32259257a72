"""Shapes of dictionaries of every layout, their subclasses and views."""

from __future__ import annotations

import collections
import types
from collections.abc import Iterator
from typing import Any

from registry import copies, shape


class DictSub(dict[Any, Any]):
    def __missing__(self, key: Any) -> Any:
        return f"missing {key}"


class OrderedSub(collections.OrderedDict[Any, Any]):
    pass


def change_dict(obj: Any) -> list[Any]:
    seen = [copies(obj), repr(obj)]
    for i in range(40):
        obj[f"key {i}"] = [i]
        obj[i, "tuple"] = i
    for i in range(0, 40, 3):
        del obj[f"key {i}"]
    obj.update({"a": 100}, new={})
    obj.setdefault("new", 3)
    seen += [obj.pop("a"), obj.popitem(), obj.get("zz"), len(obj), list(obj)[:4], "new" in obj]
    seen += [sorted(map(str, obj.keys() & {"new", "key 1"})), obj | {} == obj]
    obj[1.5] = obj.get("new")
    seen.append([list(obj.values())[-1], next(reversed(obj.items()))])
    obj.clear()
    obj["again"] = 1
    return [*seen, repr(obj)]


@shape
def dict_of_strings() -> Iterator[Any]:
    obj = {"a": 1, "b": [2], "".join(["c", "d"]): {"e": None}}
    yield obj
    yield change_dict(obj)


@shape
def dict_of_anything() -> Iterator[Any]:
    obj: dict[Any, Any] = {1: "one", (2, "t"): [2], None: None, 2**80: 1.5, b"a": frozenset({1})}
    yield obj
    yield change_dict(obj)


@shape
def dict_untracked() -> Iterator[Any]:
    obj: dict[Any, Any] = {"a": 1, "b": "two"}
    yield obj
    obj["c"] = []  # now it has something to track
    obj["c"].append(obj)
    yield [repr(obj), change_dict({**obj, "c": 1})]


@shape
def dict_with_holes() -> Iterator[Any]:
    obj = {f"k{i}": [i] for i in range(100)}
    for i in range(0, 100, 2):
        del obj[f"k{i}"]
    yield obj
    yield [len(obj), sum(v[0] for v in obj.values()), change_dict(obj)]


@shape
def dict_subclass() -> Iterator[Any]:
    obj = DictSub(a=1, b=[2])
    obj.name = "n"
    yield obj
    yield [obj["nothing"], obj.name, change_dict(obj)]


@shape
def dict_empty() -> Iterator[Any]:
    obj: dict[Any, Any] = {}
    yield obj
    obj["a"] = obj
    yield [repr(obj), len(obj)]


@shape
def dict_views() -> Iterator[Any]:
    owner: dict[Any, Any] = {"a": 1, "b": [2]}
    obj = [owner.keys(), owner.values(), owner.items(), types.MappingProxyType(owner)]
    yield obj
    owner["c"] = 3
    yield [repr(obj), obj[0] | {"z"} == {"a", "b", "c", "z"}, ("c", 3) in obj[2]]


@shape
def defaultdict() -> Iterator[Any]:
    obj: Any = collections.defaultdict(list, {"a": [1]})
    yield obj
    obj["b"].append(2)
    yield [repr(obj), copies(obj), change_dict(obj)]


@shape
def ordereddict() -> Iterator[Any]:
    obj: Any = collections.OrderedDict.fromkeys("abc", 1)
    yield obj
    obj.move_to_end("a")
    obj["d"] = obj.pop("b")
    seen = [repr(obj), copies(obj), list(reversed(obj)), obj.popitem(last=False)]
    obj.clear()
    yield [*seen, repr(obj)]


@shape
def ordereddict_subclass() -> Iterator[Any]:
    obj = OrderedSub(a=1, b=[])
    obj.attribute = 1
    yield obj
    obj.attribute = obj["b"]
    obj["c"] = 1
    obj.move_to_end("c", last=False)
    del obj["a"]
    yield [repr(obj), obj.__dict__, copies(obj)]


@shape
def counter() -> Iterator[Any]:
    obj = collections.Counter("mississippi")
    yield obj
    obj.update("ppp")
    obj.subtract({"m": 5})
    yield [obj.most_common(), copies(obj), +obj]


@shape
def chainmap_and_userdict() -> Iterator[Any]:
    obj: Any = collections.ChainMap({"a": 1}, collections.UserDict(b=[2]))
    yield obj
    obj["c"] = 3
    obj.maps[1]["b"].append(1)
    yield [dict(sorted(obj.items())), obj.new_child({"a": 0})["a"], repr(obj)]
