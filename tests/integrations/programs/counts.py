"""counts.py MODE: use objects of packages whose C code looks at counts, then drop them.

MODE: "nothing"; "default" to make the heap immortal between the two; or "everything", without the
types that stay mortal by default. The module `kennel` is compiled of kennel.cpp; where there is
none, nanobind is left out. Prints a JSON object: what came of each use.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from typing import Any

import cffi
import gmpy2
import greenlet
import msgspec
import multidict
import numpy as np
import pandas as pd
import zstandard
from immortal_objects import immortalize_heap
from lxml import etree

Finish = Callable[[], Any]


class Struct(msgspec.Struct):
    values: list[int]


def use_array() -> Finish:
    array, view = np.arange(10.0), None
    view = array[2:5]

    def finish() -> Any:
        nonlocal view
        del view
        array.resize(20)
        return array.shape

    return finish


class Growing:
    """An array that is resized as it fills, as programs keep one in an instance."""

    def __init__(self) -> None:
        self.array, self.used = np.empty(4), 0

    def push(self, value: float) -> None:
        if self.used == len(self.array):
            self.array.resize(2 * self.used)
        self.array[self.used] = value
        self.used += 1


def use_growing_array() -> Finish:
    growing = Growing()
    growing.push(1)

    def finish() -> Any:
        for number in range(20):
            growing.push(number)
        return growing.array[: growing.used].sum()

    return finish


def use_arithmetic() -> Finish:
    """NumPy takes the memory of an operand that nothing else refers to for the result."""
    array = np.arange(100_000.0)

    def finish() -> Any:
        return (array + array * 2 - 1).sum(), array.sum()

    return finish


def use_array_over_buffer() -> Finish:
    block = bytearray(16)
    array = np.frombuffer(block, dtype=np.uint8)

    def finish() -> Any:
        nonlocal array
        del array
        block.extend(b"more")
        return len(block)

    return finish


def use_frame() -> Finish:
    """Since pandas 3 a column is copied when it is written to, if another object shares it."""
    frame = pd.DataFrame({"number": [1, 2, 3]})
    column = frame["number"]

    def finish() -> Any:
        column.iloc[0] = 7
        frame.loc[1, "number"] = 8
        return frame["number"].tolist(), column.tolist()

    return finish


def use_gmpy2() -> Finish:
    numbers = gmpy2.mpz(3) ** 200, gmpy2.mpq(1, 3), gmpy2.mpfr("1.5"), gmpy2.mpc(1, 2)
    growing = gmpy2.xmpz(5)

    def finish() -> Any:
        nonlocal growing
        growing += 4
        return str(([number * number + 1 for number in numbers], growing))

    return finish


def use_lxml() -> Finish:
    root = etree.fromstring("<a><b x='1'/><c/></a>")
    child = root[0]

    def finish() -> Any:
        root.remove(child)
        child.set("y", "2")
        root.append(etree.Element("d"))
        return etree.tostring(root).decode(), etree.tostring(child).decode()

    return finish


def use_multidict() -> Finish:
    values = multidict.MultiDict([("a", ["1"]), ("a", ["2"])])
    items = iter(values.items())
    first = next(items)

    def finish() -> Any:
        return first, list(items), list(values.items()), values.popall("a")

    return finish


def use_zstandard() -> Finish:
    compressor = zstandard.ZstdCompressor().compressobj()

    def finish() -> Any:
        data = compressor.compress(b"a" * 1_000_000) + compressor.flush()
        return zstandard.decompress(data, 1_000_000).count(b"a")

    return finish


def use_msgspec() -> Finish:
    struct, encoder, block = Struct([1]), msgspec.json.Encoder(), bytearray()

    def finish() -> Any:
        encoder.encode_into(struct, block)
        decoded = msgspec.json.decode(b'[{"key": 1}, {"key": 2}]')
        return block.decode(), decoded, msgspec.structs.replace(struct, values=[]).values

    return finish


def use_greenlet() -> Finish:
    green = greenlet.greenlet(lambda value: greenlet.getcurrent().parent.switch(value + 1))
    found: list[int] = []

    def finish() -> Any:
        thread = threading.Thread(target=lambda: found.append(greenlet.greenlet(int).switch(5)))
        thread.start()
        thread.join()
        return green.switch(3), green.dead, found

    return finish


def use_cffi() -> Finish:
    ffi = cffi.FFI()
    block, freed = bytearray(8), []
    numbers, over_buffer = ffi.new("int[]", [1, 2, 3]), ffi.from_buffer(block)
    owner = ffi.gc(ffi.new("int *", 5), lambda pointer: freed.append(pointer[0]))

    def finish() -> Any:
        nonlocal over_buffer, owner
        del over_buffer
        block.extend(b"more")
        del owner
        return list(numbers), freed

    return finish


def use_nanobind() -> Finish:
    """At exit the module complains, on stderr, of instances that are still there."""
    try:
        import kennel
    except ImportError:
        return int

    class Puppy(kennel.Dog):
        pass

    dog, puppy = kennel.Dog(3), Puppy(1)
    return lambda: (dog.age, kennel.age(puppy))


def main() -> None:
    uses = [name for name in globals() if name.startswith("use_")]
    begun = {name.removeprefix("use_"): globals()[name]() for name in uses}
    if sys.argv[1] != "nothing":
        immortalize_heap(**({} if sys.argv[1] == "default" else {"mortal": ()}))
    found = {}
    for name, finish in begun.items():
        try:
            found[name] = finish()
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    print(json.dumps(found, default=str))


if __name__ == "__main__":
    main()
