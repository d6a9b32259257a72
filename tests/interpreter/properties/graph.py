"""The objects that the random programs work on: how they are made, and what can be seen of them."""

from __future__ import annotations

import collections
import functools
import gc
import os
import re
import types
from collections.abc import Callable, Iterator
from typing import Any

NAMES = ["alpha", "beta", "gamma", "epsilon", "".join(["del", "ta"])]
# Where immortality is not to be had, these do nothing that a program can see.
immortalize = getattr(gc, "immortalize", lambda obj: obj)
immortalize_heap = getattr(gc, "immortalize_heap", gc.collect)
is_immortal = getattr(gc, "is_immortal", lambda obj: False)
# Where finalizers report to.
report_to = [os.open(os.devnull, os.O_WRONLY)]


class Node:
    def __init__(self, value: Any = None) -> None:
        self.alpha = value

    def __del__(self, write: Any = os.write, where: list[int] = report_to) -> None:
        write(where[0], f"finalized {type(self).__name__}\n".encode())

    def __hash__(self) -> int:
        return 7  # the same for each, whatever class it changes to

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def method(self, *args: Any) -> Any:
        return [len(vars(self)), len(args)]


class Other(Node):
    def method(self, *args: Any) -> Any:
        return ["other", *args]


class Slotted:
    __slots__ = ("__weakref__", "alpha", "beta")

    def __init__(self, value: Any = None) -> None:
        self.alpha = value

    def __repr__(self) -> str:
        return "<Slotted>"


class ListSub(list[Any]):
    pass


class DictSub(dict[Any, Any]):
    def __missing__(self, key: Any) -> str:
        return "missing"


def clean(text: str) -> str:
    """Return *text* without addresses, shortened."""
    return re.sub(r"0x[0-9a-f]+", "0x", text)[:160]


def brief(obj: Any) -> str:
    """Describe *obj* itself, not what it refers to."""
    kind = type(obj).__name__
    if isinstance(obj, (str, bytes, bytearray, int, float, complex, type(None), range)):
        return f"{kind} {clean(repr(obj))}"
    if isinstance(obj, type):
        return f"{kind} {obj.__name__}"
    return f"{kind} {len(obj)}" if hasattr(obj, "__len__") else kind


def parts(obj: Any) -> list[Any]:
    """Return what *obj* refers to, as far as a program can see it, in a fixed order."""
    found: list[Any] = []
    if isinstance(obj, (list, tuple, collections.deque)):
        found += obj
    elif isinstance(obj, dict):
        for key, value in obj.items():
            found += [key, value]
    elif isinstance(obj, (set, frozenset)):
        found += sorted(obj, key=lambda item: (brief(item), repr(item)))
    elif isinstance(obj, types.FunctionType):
        found += [obj.__defaults__, *(cell.cell_contents for cell in obj.__closure__ or ())]
    elif isinstance(obj, functools.partial):
        found += [obj.func, obj.args, obj.keywords]
    elif isinstance(obj, types.MethodType):
        found += [obj.__self__]
    elif isinstance(obj, Slotted):
        found += [getattr(obj, name, "unset") for name in ("alpha", "beta")]
    elif isinstance(obj, type) and obj.__name__ == "Made":
        found += [vars(obj)[name] for name in sorted(vars(obj)) if name[0] != "_"]
    elif isinstance(obj, slice):
        found += [obj.start, obj.stop]
    if hasattr(obj, "__dict__") and not isinstance(obj, type):
        found += [part for item in vars(obj).items() for part in item]
    return found


def dump(root: Any, limit: int = 2000) -> list[str]:
    """Describe all that *root* reaches; what was met before appears as its number."""
    seen: dict[int, int] = {}
    keep, lines, waiting = [], [], [root]
    while waiting and len(lines) < limit:
        obj = waiting.pop()
        if id(obj) in seen:
            lines.append(f"see {seen[id(obj)]}")
            continue
        lines.append(brief(obj))
        below = parts(obj)
        if below or isinstance(obj, (Node, Slotted)):
            seen[id(obj)] = len(lines)
            keep.append(obj)
        waiting += reversed(below)
    return lines


def generator(value: Any) -> Iterator[Any]:
    got = []
    try:
        while len(got) < 20:
            got.append((yield [value, len(got)]))
    except KeyError:
        yield "caught"


def adder(value: Any) -> Callable[..., Any]:
    total = 0

    def add(*args: Any, start: Any = value) -> Any:
        nonlocal total
        total += len(args)
        return [start, total, value]

    return add


def fail(value: Any) -> Any:
    try:
        raise ValueError("made", type(value).__name__)
    except ValueError as error:
        return error.with_traceback(error.__traceback__)


MAKE: list[Callable[[Any, int], Any]] = [
    lambda x, n: [x, n],
    lambda x, n: {"alpha": x, "".join(["k", str(n)]): n},
    lambda x, n: {n: x, (n, "t"): [x], None: n},
    lambda x, n: {n, "s", (n,)},
    lambda x, n: (x, n, "t"),
    lambda x, n: frozenset({n, f"f{n}"}),
    lambda x, n: Node(x),
    lambda x, n: Other(x),
    lambda x, n: Slotted(x),
    lambda x, n: ListSub([x] * (n % 4)),
    lambda x, n: DictSub(alpha=x),
    lambda x, n: collections.OrderedDict(a=x, b=n),
    lambda x, n: collections.defaultdict(list, {n: [x]}),
    lambda x, n: collections.deque([x, n], maxlen=20),
    lambda x, n: adder(x),
    lambda x, n: generator(x),
    lambda x, n: functools.partial(adder(x), n),
    lambda x, n: Node(x).method,
    lambda x, n: n << (n * 7),
    lambda x, n: f"text {n}" * (n % 5),
    lambda x, n: bytes([n]) * n,
    lambda x, n: bytearray(b"ab" * n),
    lambda x, n: n / 7,
    lambda x, n: type("Made", (Node,), {"beta": x, "method": lambda self, *args: [n]}),
    lambda x, n: type("Made", (x,), {}) if isinstance(x, type) else type("Made", (), {"beta": x}),
    lambda x, n: types.SimpleNamespace(alpha=x, n=n),
    lambda x, n: iter([x, n, [x]]),
    lambda x, n: (item for item in (x, n)),
    lambda x, n: slice(x, n),
    lambda x, n: fail(x),
    lambda x, n: lambda *args, y=[x]: [y, len(args)],
    lambda x, n: [[[x]], ([x], {"x": x})],
    lambda x, n: dict.fromkeys(range(n), x),
    lambda x, n: [n] * n,
    lambda x, n: {f"key {i}": [i, x] for i in range(n)},
]
