"""Shapes of data: containers, their subclasses, numbers, strings, and what iterates over them."""

# ruff: noqa: RUF005

from __future__ import annotations

import array
import collections
import copy
import itertools
import operator
import pickle
import types
from collections.abc import Iterator
from typing import Any

SHAPES: dict[str, Any] = {}


def shape(function: Any) -> Any:
    """Register a shape: a generator that yields an object, then what using it gave."""
    SHAPES[function.__name__.strip("_")] = function
    return function


def copies(obj: Any) -> list[bool]:
    """Return whether shallow, deep and pickled copies of *obj* equal it."""
    made = [copy.copy(obj), copy.deepcopy(obj)]
    made += [pickle.loads(pickle.dumps(obj, n)) for n in range(2, 6)]
    return [other == obj and type(other) is type(obj) for other in made]


class ListSub(list[Any]):
    pass


class ListSlots(list[Any]):
    __slots__ = ("extra",)


class TupleSub(tuple[Any, ...]):
    pass


class DictSub(dict[Any, Any]):
    def __missing__(self, key: Any) -> Any:
        return f"missing {key}"


class SetSub(set[Any]):
    pass


class FrozensetSub(frozenset[Any]):
    pass


class StrSub(str):
    pass


class BytesSub(bytes):
    pass


class IntSub(int):
    __slots__ = ()


class FloatSub(float):
    pass


class ByteArraySub(bytearray):
    pass


class DequeSub(collections.deque[Any]):
    pass


class OrderedSub(collections.OrderedDict[Any, Any]):
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


@shape
def array_() -> Iterator[Any]:
    obj = array.array("d", [1.5, 2.5])
    yield obj
    obj.extend(range(100))
    obj.pop()
    yield [len(obj), obj[:3], copies(obj), memoryview(obj)[1]]


@shape
def bytes_and_bytearray() -> Iterator[Any]:
    obj = [bytes(range(256)), bytearray(b"abc"), BytesSub(b"sub"), ByteArraySub(b"sub")]
    yield obj
    obj[1] += b"d" * 1000
    obj[3].insert(0, 65)
    del obj[1][5:]
    yield [repr(obj), copies(obj), obj[0].find(b"\xff"), obj[1].upper()]


@shape
def memoryview_() -> Iterator[Any]:
    store = bytearray(range(16))
    obj = memoryview(store)
    yield obj
    part = obj[4:8].cast("H")
    part[0] = 0xFFFF
    seen = [part.tolist(), obj.tolist(), obj == store]
    part.release()
    try:
        store.append(1)
    except BufferError:
        seen.append("BufferError")
    obj.release()
    store.append(1)
    yield [*seen, len(store)]


@shape
def strings() -> Iterator[Any]:
    n = len("xx")
    obj = ["text" * n, "\xe9" * n, "\u4e2d" * n, "\U0001f600" * n, "\ud800" * n, StrSub("sub")]
    yield obj
    obj[0] += "more"
    text = "".join(obj)
    yield [ascii(obj), ascii(text.upper()), ascii(text[3:9]), hash(obj[1]) == hash("\xe9\xe9")]


@shape
def string_built_in_place() -> Iterator[Any]:
    obj = "start" + str(len("abc"))
    yield obj
    for i in range(100):
        obj += str(i)
    yield [obj, len(obj), obj.encode().decode() == obj, copies(obj)]


@shape
def numbers() -> Iterator[Any]:
    n = len("abc")
    obj = [n, n + 1000, n << 200, -(n << 90), n / 7, complex(n, 1), IntSub(n), FloatSub(n), True]
    yield obj
    obj[1] += 1
    obj[2] *= obj[2]
    obj[4] += 1
    yield [repr(obj), copies(obj), sum(obj), int(str(obj[2])) == obj[2], obj[6] + 1, obj[5] ** 2]


@shape
def ranges_and_slices() -> Iterator[Any]:
    n = len("abc")
    obj = [range(n, 1000, 7), slice(n, [1], "x"), slice(1000, None), range(n << 100)]
    yield obj
    yield [repr(obj), list(obj[0])[:3], obj[1] == slice(n, [1], "x"), obj[0][5:] == obj[0][5:]]


@shape
def iterators_half_way() -> Iterator[Any]:
    source: list[Any] = [[1], [2], [3], [4]]
    obj = {
        "list": iter(source),
        "reversed": reversed(source),
        "tuple": iter(tuple(source)),
        "dict": iter({"a": 1, "b": 2, "c": 3}),
        "items": iter({"a": [1], "b": [2], "c": [3]}.items()),
        "set": iter({7}),
        "str": iter("abcd"),
        "bytes": iter(b"abcd"),
        "range": iter(range(5, 500000, 7)),
        "callable": iter(lambda: 1, 2),
        "enumerate": enumerate(source),
        "zip": zip(source, "abcd", strict=True),
        "map": map(operator.add, source, source),
        "filter": filter(None, source),
        "deque": iter(collections.deque(source)),
        "chain": itertools.chain(source, source),
        "cycle": itertools.cycle([1, 2]),
        "product": itertools.product(source, repeat=2),
        "permutations": itertools.permutations("abc"),
        "combinations": itertools.combinations("abcd", 2),
        "groupby": itertools.groupby("aabbc"),
        "accumulate": itertools.accumulate([1, 2, 3, 4]),
        "tee": itertools.tee(iter(source))[0],
        "islice": itertools.islice(itertools.count(), 1, 9, 2),
        "count": itertools.count(2**62, 2**62),
        "zip_longest": itertools.zip_longest(source, "a", fillvalue=[0]),
        "pairwise": itertools.pairwise(source),
        "starmap": itertools.starmap(max, [(1, 2), (4, 3), (5, 6)]),
    }
    for name in ("zip", "items", "enumerate", "product", "combinations", "permutations"):
        next(obj[name])  # these reuse the tuple that they returned, if nobody else has it
    yield obj
    seen = {}
    for name, iterator in obj.items():
        seen[name] = [repr(item).split(" at ")[0] for item in itertools.islice(iterator, 3)]
    yield seen
