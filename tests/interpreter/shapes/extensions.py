"""Shapes of the standard library's C types: their memory is their own, and must live on."""

from __future__ import annotations

import concurrent.futures
import ctypes
import datetime
import decimal
import fractions
import hashlib
import io
import operator
import os
import pathlib
import queue
import random
import re
import socket
import sqlite3
import tempfile
import threading
import uuid
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from typing import Any

from registry import copies, shape


@shape
def regexes() -> Iterator[Any]:
    pattern = re.compile(r"(?P<word>\w+)-(\d+)?", re.I)
    scanner = pattern.scanner("a-1 b-2 c-")
    obj = [pattern, pattern.match("ab-12"), scanner, scanner.search()]
    yield obj
    yield [
        obj[1].group("word", 2),
        obj[1].groupdict(),
        pattern.sub(lambda m: m[1].upper(), "x-1 y-2"),
        [m.span() for m in iter(scanner.search, None)],
        re.compile(r"(a|b)*c").fullmatch("abac")[1],
        pattern.split("1-2"),
        copies(pattern),
    ]


class Struct(ctypes.Structure):
    _fields_ = (("a", ctypes.c_int), ("b", ctypes.c_char_p), ("next", ctypes.c_void_p))


@shape
def ctypes_objects() -> Iterator[Any]:
    called: list[Any] = []
    compare_type = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int)
    )

    @compare_type
    def compare(a: Any, b: Any) -> int:
        called.append([a[0], b[0]])
        return int(a[0] - b[0])

    numbers = (ctypes.c_int * 5)(5, 3, 9, 1, 7)
    buffer = ctypes.create_string_buffer(b"text", 16)
    struct_ = Struct(7, b"held", None)
    obj = [numbers, compare, buffer, struct_, ctypes.pointer(struct_), ctypes.byref(struct_)]
    yield obj
    libc = ctypes.CDLL(None)
    libc.qsort(numbers, 5, ctypes.sizeof(ctypes.c_int), compare)
    struct_.b = b"other"
    obj[4].contents.a += 1
    buffer.value = b"changed"
    seen = [
        list(numbers),
        len(called) > 3,
        struct_.a,
        obj[4][0].b,
        buffer.raw,
        bytes(Struct(1))[:4],
    ]
    yield [*seen, (ctypes.py_object * 2)([1], "x")[0], ctypes.cast(buffer, ctypes.c_char_p).value]


@shape
def dates_and_exact_numbers() -> Iterator[Any]:
    zone = datetime.timezone(datetime.timedelta(hours=2), "here")
    obj = [
        datetime.datetime(2024, 2, 29, 1, tzinfo=zone),
        datetime.date(2024, 2, 29),
        datetime.timedelta(days=1.5),
        decimal.Decimal("1.10"),
        fractions.Fraction(1, 3),
        uuid.UUID(int=5),
        pathlib.PurePosixPath("/a/b"),
    ]
    yield obj
    with decimal.localcontext() as context:
        context.prec = 5
        third = obj[3] / 3
    yield [
        str(obj[0] + obj[2]),
        obj[1].isocalendar(),
        str(third),
        obj[3] == decimal.Decimal("1.1"),
        obj[4] * 3,
        str(obj[6] / "c"),
        copies(obj),
    ]


@shape
def files_in_memory() -> Iterator[Any]:
    text, data = io.StringIO("one\ntwo\n"), io.BytesIO(b"abc")
    wrapper = io.TextIOWrapper(io.BufferedRandom(data), encoding="utf-8", write_through=True)
    view = io.BytesIO(b"xyz").getbuffer()
    obj = [text, wrapper, view]
    text.readline()
    yield obj
    text.write("three\n")
    wrapper.seek(0, 2)
    wrapper.write("\u4e2d")
    wrapper.flush()
    view[0] = 65
    seen = [text.getvalue(), data.getvalue(), view.tobytes(), text.seek(0), list(text)]
    view.release()
    yield seen


@shape
def files_on_disk() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file")
        obj = [open(path, "w+"), open(path, "rb"), os.scandir(folder)]  # noqa: SIM115
        obj[0].write("one\n")
        yield obj
        obj[0].write("two\n")
        obj[0].flush()
        seen = [obj[1].readline(), obj[1].read(), [entry.name for entry in obj[2]]]
        for item in obj:
            item.close()
        yield [*seen, obj[0].closed]


@shape
def sockets() -> Iterator[Any]:
    obj = list(socket.socketpair())
    yield obj
    obj[0].sendall(b"hello")
    with obj[1].makefile("rb") as stream:
        obj[0].close()
        seen = stream.read()
    obj[1].close()
    yield [seen, obj[0].fileno()]


@shape
def locks_and_threads() -> Iterator[Any]:
    obj = {
        "lock": threading.Lock(),
        "rlock": threading.RLock(),
        "condition": threading.Condition(),
        "event": threading.Event(),
        "semaphore": threading.Semaphore(2),
        "local": threading.local(),
        "queue": queue.Queue(),
        "simple": queue.SimpleQueue(),
        "barrier": threading.Barrier(2),
    }
    obj["lock"].acquire()
    obj["local"].value = [1]
    yield obj

    def work() -> None:
        obj["event"].wait(30)
        obj["local"].value = ["other thread"]
        with obj["rlock"], obj["semaphore"], obj["condition"]:
            obj["queue"].put(obj["simple"].get())
        obj["barrier"].wait(30)

    thread = threading.Thread(target=work)
    thread.start()
    obj["simple"].put([5])
    obj["event"].set()
    got = obj["queue"].get(timeout=30)
    obj["barrier"].wait(30)
    thread.join(30)
    obj["lock"].release()
    obj["local"].value.append(2)
    yield [got, obj["local"].value, obj["lock"].acquire(False), thread.is_alive()]


@shape
def thread_pool() -> Iterator[Any]:
    obj = concurrent.futures.ThreadPoolExecutor(2)
    first = list(obj.map(str, range(5)))
    yield obj
    future = obj.submit(operator.truediv, 1, 0)
    error = type(future.exception(30)).__name__
    result = list(obj.map(operator.neg, range(50)))
    obj.shutdown()
    yield [first, error, result]


@shape
def database() -> Iterator[Any]:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    connection.create_function("double", 1, lambda x: x * 2)
    connection.execute("create table t (a integer, b text)")
    connection.executemany("insert into t values (?, ?)", [(i, f"b{i}") for i in range(100)])
    cursor = connection.execute("select a, double(a) as d from t order by a")
    obj = [connection, cursor, cursor.fetchone()]
    yield obj
    rows = [tuple(row) for row in cursor.fetchmany(3)]
    connection.execute("delete from t where a < 50")
    left = connection.execute("select count(*) from t").fetchone()[0]
    seen = [rows, left, dict(obj[2]), obj[2].keys()]
    cursor.close()
    connection.close()
    yield seen


@shape
def digests_and_compressors() -> Iterator[Any]:
    obj = [hashlib.sha256(b"a"), hashlib.blake2b(b"a"), zlib.compressobj(), random.Random(5)]
    yield obj
    obj[0].update(b"b" * 5000)
    obj[1].update(b"b")
    packed = obj[2].compress(b"x" * 1000) + obj[2].flush()
    yield [
        obj[0].hexdigest(),
        obj[1].copy().hexdigest(),
        zlib.decompress(packed) == b"x" * 1000,
        obj[3].random(),
        copies(obj[3].getstate()),
    ]


@shape
def xml_trees() -> Iterator[Any]:
    obj = ET.fromstring("<a x='1'><b>text</b><c/><!-- no --></a>")
    parser = ET.XMLPullParser(["start", "end"])
    parser.feed("<r><s>")
    yield [obj, parser]
    ET.SubElement(obj, "d", {"y": "2"}).text = "new"
    obj.remove(obj[0])
    obj.set("x", "3")
    parser.feed("</s></r>")
    yield [ET.tostring(obj), [e.tag for _, e in parser.read_events()], [e.tag for e in obj.iter()]]
