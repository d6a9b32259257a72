"""Make an object of every class of a standard library's module, make it immortal, and use it.

    classes.py list                            the modules, as JSON
    classes.py run MODULE alone|heap [CLASS]   prints what each object said

"alone" makes each object immortal by itself, "heap" all by gc.immortalize_heap(); in stock
nothing is immortal. All runs print the same, but for addresses, and end with status 0.
"""

from __future__ import annotations

import collections.abc
import contextlib
import copy
import gc
import importlib
import inspect
import io
import itertools
import json
import os
import pickle
import pkgutil
import re
import signal
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

# What does something when it is imported, needs a display, or is about other tests.
LEFT_OUT = re.compile(
    r"^(__\w+__|antigravity|this|idlelib|turtledemo|test|tkinter|turtle|lib2to3\.tests|ensurepip|"
    r"ctypes\.test|distutils\.tests|unittest\.test|sqlite3\.test|_test\w*|_xx\w+|xx\w+|msilib|"
    r"pip|setuptools|encodings\.(mbcs|oem)|asyncio\.windows\w*|multiprocessing\.popen\w*|"
    r".*\.__main__|_sysconfigdata\w*|_bootlocale|cowtrace)(\.|$)"
)
# Classes whose objects wait, start programs or show the time; and what prints addresses or counts.
NO_CLASSES = re.compile(
    r"^(Popen|BaseManager|SyncManager|SharedMemoryManager|ForkServer|ResourceTracker|"
    r"HelpFormatter|Pool|ThreadPool|Server|Listener|Client|Timer|SharedMemory|ShareableList|"
    r"Bdb|Pdb|Telnet|FTP|IMAP4\w*|POP3\w*|NNTP\w*|SMTP\w*|DebugRunner|_MainThread|_DummyThread)$"
)
NO_ATTRIBUTES = re.compile(
    r"^(__\w+__|.*(time|random|pid|ident|native_id|date|now|clock|_id|id|handle|fileno|uuid\d|"
    r"refcount|address|buffer|getnode|path|cwd|environ|stamp|seed)\w*)$"
)
# Methods without arguments that wait, end something, or depend on time and place.
NO_METHODS = re.compile(
    r"^(_.*|acquire\w*|wait\w*|get|join|read\w*|recv\w*|accept|serve\w*|input|interact|run\w*|"
    r"fileno|detach|exit|kill|abort|now|today|utcnow|time|random|getrandbits|seed|uuid\d|__\w+__|"
    r"select|poll|epoll|breakpoint|mainloop|getpeername|getsockname|dup|shutdown)$"
)
RECIPES: tuple[tuple[Any, ...], ...] = (
    (), ("text",), (3,), (["a", "b"],), ({"a": 1},), (len,), (b"bytes",), (iter([1, 2]),),
    (int,), (None,), (io.StringIO("some\ntext"),), (io.BytesIO(b"some bytes"),), (2.5,),
    ("a", "b"), ("text", 3), (3, 4), (len, ["a"]), ({}, {}), (2026, 1, 2), ("a", (), {}),
    ("a", "b", "c"), (1, 2, 3, 4), ("utf-8", b"ab", 0, 1, "why"), ("a", "b", "c", "d"),
)  # fmt: skip


class TooLong(BaseException):
    """Raised by the alarm."""


def modules() -> list[str]:
    """Return the names of all modules that can be imported."""
    found = [name for name in sorted(sys.stdlib_module_names) if not LEFT_OUT.match(name)]
    for name in list(found):
        with contextlib.suppress(Exception):
            package = importlib.import_module(name)
            for info in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{name}."):
                if not LEFT_OUT.match(info.name):
                    found.append(info.name)
    return sorted(dict.fromkeys(found))


def classes(name: str) -> Iterator[type]:
    """Give the classes that a module defines, and those of the types module for builtins."""
    module = importlib.import_module(name)
    for attribute, cls in sorted(vars(module).items()):
        if isinstance(cls, type) and not NO_CLASSES.match(attribute):
            home = getattr(cls, "__module__", None)
            if home == name or name.startswith("_") or name in ("builtins", "types"):
                yield cls


def show(value: object) -> str:
    """Describe a value without what differs from run to run."""
    text = re.sub(r"0x[0-9a-f]+|\b\d{6,}\b|\bhandle \w+|\bparent=\d+", "N", repr(value))
    return re.sub(r"/[\w./-]+", "PATH", text)[:200]


def attempt(function: Callable[..., Any], *args: Any) -> str:
    """Call *function*; return what it gave, or how it failed."""
    try:
        return show(function(*args))
    except Exception as error:
        return show(error)


def make(cls: type) -> tuple[Any, tuple[Any, ...]] | None:
    """Return an object of *cls*, and the arguments that it was made with, or None."""
    for recipe in RECIPES:
        try:
            args = tuple(
                copy.copy(one) if isinstance(one, (list, dict, io.IOBase)) else one
                for one in recipe
            )
            return cls(*args), recipe
        except Exception:
            continue
    return None


def use(obj: Any) -> Iterator[str]:
    """Do what can be done with any object, and say what came of it."""
    yield attempt(repr, obj)
    yield attempt(lambda: hash(obj) == hash(obj))
    yield attempt(len, obj)
    yield attempt(lambda: obj == obj)
    yield attempt(lambda: obj != 3 and bool(obj))
    if not isinstance(obj, (str, type)) and isinstance(obj, collections.abc.Iterable):
        yield attempt(lambda: len(list(itertools.islice(obj, 5))))
    yield attempt(lambda: type(copy.copy(obj)))
    yield attempt(lambda: type(pickle.loads(pickle.dumps(obj))))
    for name in attempt_dir(obj):
        found = inspect.getattr_static(type(obj), name, None)
        if isinstance(found, types.MethodDescriptorType):
            if not NO_METHODS.match(name):
                yield f".{name}() " + attempt(lambda name=name: type(getattr(obj, name)()))
        elif not NO_ATTRIBUTES.match(name):
            yield f".{name} " + attempt(lambda name=name: type(getattr(obj, name)))
    yield attempt(lambda: setattr(obj, "an_attribute", 1) or obj.an_attribute)
    yield attempt(lambda: delattr(obj, "an_attribute"))


def attempt_dir(obj: Any) -> list[str]:
    """Return the names of the object's attributes, as far as it tells."""
    try:
        return [name for name in dir(obj) if isinstance(name, str)]
    except Exception:
        return []


def too_long(*_: object) -> None:
    """Be called by the alarm."""
    raise TooLong


def run(name: str, mode: str, only: str | None) -> None:
    """Make, immortalize and use the objects of one module."""
    really = mode == "alone" and getattr(gc, "immortalize", None)
    lines, objects = [], []
    for cls in classes(name):
        if only in (None, cls.__qualname__):
            signal.alarm(5)
            try:
                made = make(cls)
            except TooLong:
                made = None
            signal.alarm(0)
            if made:
                objects.append((cls, *made))
    if mode == "heap":
        getattr(gc, "immortalize_heap", gc.collect)()
    for cls, obj, recipe in objects:
        if really:
            really(obj)
        lines.append(f"{cls.__module__}.{cls.__qualname__}{show(recipe)}")
        signal.alarm(5)
        try:
            for line in use(obj):
                lines.append(f"    {line}")
        except TooLong:
            lines.append("    takes too long")
        signal.alarm(0)
    kept.extend(objects)
    text = "\n".join(lines) + "\n"
    os.write(report, text.encode(errors="backslashreplace"))


kept: list[Any] = []
if __name__ == "__main__":
    if sys.argv[1] == "list":
        print(json.dumps(modules()))
    else:
        report = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        signal.signal(signal.SIGALRM, too_long)
        run(sys.argv[2], sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else None)
