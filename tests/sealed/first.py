"""first.py: a forked child looks at what nobody has looked at before.

The code is warm, by other objects of the same kinds. Those that the child reads were made, and
then the heap was sealed. The child does all of it with code of its own as well, and seals again.
"""

from __future__ import annotations

import copy
import ctypes
import gc
import os
import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

COUNT = 200
# New code, which specializes for what it meets.
NEW = """
def call(objects):
    for name, obj in objects:
        if name == "read_method":
            obj.method()
"""


def read_regs(match: Any) -> None:
    assert match.regs == ((1, 3), (2, 3))


def read_parameters(alias: Any) -> None:
    assert alias.__parameters__ == ()


def read_hash(view: Any) -> None:
    assert hash(view) == hash(view)


def read_state(instance: Any) -> None:
    """Classes are pickled and copied for the first time."""
    assert type(pickle.loads(pickle.dumps(instance))) is type(copy.copy(instance))


def read_method(instance: Any) -> None:
    assert instance.method() is instance


def read_field(structure: Any) -> None:
    assert type(structure)(structure.x).x == structure.x


READERS: dict[str, Callable[[Any], None]] = {
    name: function for name, function in globals().items() if name.startswith("read_")
}


def method(self: Any) -> Any:
    return self


def make(number: int) -> list[tuple[str, Any]]:
    """Return an object for each of READERS."""
    plain = type(f"Plain{number}", (), {"method": method, "__module__": __name__})
    slots = type(f"Slots{number}", (), {"__slots__": ("x",), "__module__": __name__})
    data = dataclass(type(f"Data{number}", (), {"__annotations__": {"x": int}}))
    data.__module__ = __name__
    error = type(f"Error{number}", (Exception,), {"method": method, "__module__": __name__})
    record = type(f"Record{number}", (dict,), {"method": method, "__module__": __name__})
    struct = type(f"Struct{number}", (ctypes.Structure,), {"_fields_": [("x", ctypes.c_int)]})
    globals().update({cls.__name__: cls for cls in (plain, slots, data, error, record)})
    failed, row = error("text"), record(x=1)
    failed.note, row.note = number, number
    found = [("read_state", obj) for obj in (plain(), slots(), data(number), failed, row)]
    found += [("read_method", obj) for obj in (plain(), failed, row)]
    found += [
        ("read_regs", re.search("b(.)", "abc" * (number + 1))),
        ("read_field", struct(number)),
    ]
    return [*found, ("read_parameters", list[plain]), ("read_hash", memoryview(b"%d" % number))]


def read(objects: list[tuple[str, Any]]) -> None:
    for name, obj in objects:
        READERS[name](obj)


def main() -> None:
    for number in range(20):
        read(make(number))
    objects = [pair for number in range(100, 100 + COUNT) for pair in make(number)]
    gc.immortalize_heap(mortal=())
    if pid := os.fork():
        assert os.waitpid(pid, 0)[1] == 0
        return
    read(objects)
    namespace: dict[str, Any] = {}
    exec(NEW, namespace)
    for _ in range(3):
        namespace["call"](objects)
    gc.immortalize_heap(mortal=())
    gc.collect()
    os._exit(0)


if __name__ == "__main__":
    main()
