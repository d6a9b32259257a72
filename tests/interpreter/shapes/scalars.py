"""Shapes of data that is no container: text, bytes, numbers, ranges, and iterators half way."""

from __future__ import annotations

import array
import collections
import itertools
import operator
from collections.abc import Iterator
from typing import Any

from registry import copies, shape


class StrSub(str):
    pass


class BytesSub(bytes):
    pass


class ByteArraySub(bytearray):
    pass


class IntSub(int):
    __slots__ = ()


class FloatSub(float):
    pass


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
