"""Shapes of small helpers of the standard library: what encodes, decodes, picks and calls."""

from __future__ import annotations

import collections
import csv
import io
import json
import operator
import os
import pickle
import struct
import sys
import types
from collections.abc import Iterator
from typing import Any

from registry import shape


@shape
def encoders_and_decoders() -> Iterator[Any]:
    target = io.BytesIO()
    rows = io.StringIO()
    value: list[Any] = [{"a": [1, None]}, "x"]
    obj = [
        pickle.Pickler(target, 5),
        json.JSONEncoder(sort_keys=True, indent=1),
        json.JSONDecoder(object_pairs_hook=collections.OrderedDict),
        csv.writer(rows),
        struct.Struct("<iH4s"),
    ]
    obj[0].dump(value)
    yield obj
    obj[0].dump([value, value])
    obj[3].writerow(["a,b", 1, None])
    unpickler = pickle.Unpickler(io.BytesIO(target.getvalue()))
    first, second = unpickler.load(), unpickler.load()
    yield [
        [first, second, second[0] is second[1]],
        obj[1].encode({"b": [1.5], "a": "\u4e2d"}),
        obj[2].decode('{"z": 1, "y": [true]}'),
        rows.getvalue(),
        obj[4].unpack(obj[4].pack(1, 2, b"abcd")),
    ]


@shape
def small_helpers() -> Iterator[Any]:
    obj = [
        types.SimpleNamespace(a=[1]),
        operator.itemgetter(1, 0),
        operator.attrgetter("a"),
        operator.methodcaller("count", 1),
        types.CellType([1]),
        types.MappingProxyType({"a": 1}),
        types.GenericAlias(list, (int,)),
        sys.flags,
        os.stat_result(range(10)),
    ]
    yield obj
    obj[0].b = obj[0].a
    obj[4].cell_contents.append(2)
    yield [
        obj[0],
        obj[1]("ab"),
        obj[2](obj[0]),
        obj[3]([1, 1]),
        obj[4].cell_contents,
        dict(obj[5]),
        obj[6]("abc"),
        obj[8].st_mode,
    ]
