"""Run random programs on object graphs and tell what could be observed.

A program is a list of steps [name, a, b, n]: STEPS[name] works on the slots a and b of a small
store, with a number n. Its trace has what each step gave, and at the end all that the slots
reach. The same program gives the same trace in every interpreter, whatever is immortal, but
for the liveness of weak references, which the steps `liveness` report.

    program.py fork [seal]   each line of input a program, each line of output what its own
                             process said: trace, finalizers, exit status
    program.py once          runs the programs of one line of input, one after the other, in
                             this process; a line of output each
"""

from __future__ import annotations

import collections
import copy
import functools
import gc
import json
import os
import pickle
import re
import sys
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any

SLOTS = 6
LIMIT = 64  # no container grows beyond, and no copy is made of more objects
NAMES = ["alpha", "beta", "gamma", "epsilon", "".join(["del", "ta"])]

# Where immortality is not to be had, these do nothing that a program can see.
immortalize = getattr(gc, "immortalize", lambda obj: obj)
immortalize_heap = getattr(gc, "immortalize_heap", gc.collect)
is_immortal = getattr(gc, "is_immortal", lambda obj: False)

Store = dict[str, Any]


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

STEPS: dict[str, Callable[[Store, int, int, int], Any]] = {}


def step(function: Callable[[Store, int, int, int], Any]) -> Callable[..., Any]:
    STEPS[function.__name__] = function
    return function


def room(obj: Any) -> Any:
    """Return *obj*; raise OverflowError if it must not grow."""
    if hasattr(obj, "__len__") and len(obj) >= LIMIT:
        raise OverflowError("large enough")
    return obj


def find(s: Store, start: int, *names: str) -> int:
    """Return the first slot from *start* on whose object has one of the attributes, or *start*."""
    for offset in range(SLOTS):
        slot = (start + offset) % SLOTS
        if any(hasattr(s["slots"][slot], name) for name in names):
            return slot
    return start


@step
def make(s: Store, a: int, b: int, n: int) -> Any:
    s["slots"][a] = MAKE[n % len(MAKE)](s["slots"][b], n)
    return s["slots"][a]


@step
def assign(s: Store, a: int, b: int, n: int) -> Any:
    s["slots"][a] = s["slots"][b]


@step
def drop(s: Store, a: int, b: int, n: int) -> Any:
    s["slots"][a] = None


@step
def put(s: Store, a: int, b: int, n: int) -> Any:
    a = find(s, a, "append", "add", "setdefault")
    obj, value = room(s["slots"][a]), s["slots"][b]
    if isinstance(obj, (set, dict)):
        obj.add(value) if isinstance(obj, set) else obj.setdefault(value, n)
    else:
        obj.insert(n, value) if n % 3 else obj.append(value)
    return obj


@step
def set_item(s: Store, a: int, b: int, n: int) -> Any:
    a = find(s, a, "__setitem__")
    obj = room(s["slots"][a])
    key = [n, NAMES[n % 5], "".join(["k", str(n)])][n % 3] if isinstance(obj, dict) else n % 5
    obj[key] = s["slots"][b]
    return obj


@step
def delete_item(s: Store, a: int, b: int, n: int) -> Any:
    a = find(s, a, "__delitem__")
    obj = s["slots"][a]
    if isinstance(obj, dict) and obj:
        del obj[list(obj)[n % len(obj)]]
    else:
        del obj[n % 4]
    return obj


@step
def get_item(s: Store, a: int, b: int, n: int) -> Any:
    b = find(s, b, "__getitem__")
    obj = s["slots"][b]
    key = list(obj)[n % len(obj)] if isinstance(obj, dict) and obj else n % 4
    s["slots"][a] = obj[key]
    return s["slots"][a]


@step
def set_attribute(s: Store, a: int, b: int, n: int) -> Any:
    a = find(s, a, "__dict__", "alpha")
    if s["slots"][a] in (Node, Other, Slotted):
        raise TypeError("shared by all programs")
    setattr(s["slots"][a], NAMES[n % 5], s["slots"][b])


@step
def delete_attribute(s: Store, a: int, b: int, n: int) -> Any:
    a = find(s, a, NAMES[n % 5])
    delattr(s["slots"][a], NAMES[n % 5])


@step
def get_attribute(s: Store, a: int, b: int, n: int) -> Any:
    b = find(s, b, "__dict__", "alpha")
    name = [*NAMES, "method", "__dict__", "__class__"][n % 8]
    if name == "__dict__" and isinstance(s["slots"][b], type):
        raise TypeError("emptied when its class dies")
    s["slots"][a] = getattr(s["slots"][b], name)
    return s["slots"][a]


@step
def set_class(s: Store, a: int, b: int, n: int) -> Any:
    a = find(s, a, "alpha")
    s["slots"][a].__class__ = [Node, Other, type(s["slots"][b])][n % 3]


@step
def call(s: Store, a: int, b: int, n: int) -> Any:
    b = find(s, b, "__call__")
    s["slots"][a] = s["slots"][b](*[n] * (n % 3))
    return s["slots"][a]


@step
def call_often(s: Store, a: int, b: int, n: int) -> Any:
    b = find(s, b, "__call__")
    function, result = s["slots"][b], None
    if isinstance(function, type):
        raise TypeError("a class")
    for _ in range(20):
        result = function(n)
    s["slots"][a] = result
    return result


@step
def advance(s: Store, a: int, b: int, n: int) -> Any:
    b = find(s, b, "__next__")
    obj = s["slots"][b]
    if hasattr(obj, "send") and n % 3 == 1:
        s["slots"][a] = obj.send(None if n % 2 else s["slots"][a])
    elif hasattr(obj, "throw") and n % 7 == 2:
        s["slots"][a] = obj.throw(KeyError())
    else:
        s["slots"][a] = next(obj)
    return s["slots"][a]


@step
def compare(s: Store, a: int, b: int, n: int) -> Any:
    return s["slots"][a] == s["slots"][b]


@step
def order(s: Store, a: int, b: int, n: int) -> Any:
    return s["slots"][a] < s["slots"][b]


@step
def contains(s: Store, a: int, b: int, n: int) -> Any:
    b = find(s, b, "__contains__")
    return s["slots"][a] in s["slots"][b]


@step
def hashed(s: Store, a: int, b: int, n: int) -> Any:
    return isinstance(hash(s["slots"][a]), int)


@step
def show(s: Store, a: int, b: int, n: int) -> Any:
    return clean(repr(s["slots"][a])) if not isinstance(s["slots"][a], (set, frozenset)) else ""


@step
def copied(s: Store, a: int, b: int, n: int) -> Any:
    obj = s["slots"][b]
    if len(dump(obj, 10 * LIMIT)) == 10 * LIMIT:
        raise OverflowError("large enough")
    make_copy = (copy.copy, copy.deepcopy, lambda obj: pickle.loads(pickle.dumps(obj)))[n % 3]
    s["slots"][a] = make_copy(obj)
    return len(dump(s["slots"][a]))


@step
def listed(s: Store, a: int, b: int, n: int) -> Any:
    obj = s["slots"][b]
    if isinstance(obj, (set, frozenset)):
        s["slots"][a] = parts(obj)
    else:
        s["slots"][a] = list(obj) if n % 2 else tuple(obj)
    return s["slots"][a]


@step
def extend(s: Store, a: int, b: int, n: int) -> Any:
    a = find(s, a, "extend", "update")
    obj, other = room(s["slots"][a]), room(s["slots"][b])
    obj.update(other) if hasattr(obj, "update") else obj.extend(other)
    return obj


@step
def rearrange(s: Store, a: int, b: int, n: int) -> Any:
    a = find(s, a, "clear", "reverse")
    obj = s["slots"][a]
    return [obj.reverse, obj.sort, obj.clear, obj.copy, obj.pop][n % 5]()


@step
def add(s: Store, a: int, b: int, n: int) -> Any:
    a = b = find(s, a, "__add__", "__or__")
    left, right = room(s["slots"][a]), room(s["slots"][b])
    if isinstance(left, int) and left.bit_length() > 2000:
        raise OverflowError("large enough")
    s["slots"][a] = left | right if n % 4 == 3 else left + right
    return s["slots"][a]


@step
def add_in_place(s: Store, a: int, b: int, n: int) -> Any:
    a = b = find(s, a, "__iadd__", "__ior__")
    obj = room(s["slots"][a])
    room(s["slots"][b])
    obj += s["slots"][b]
    s["slots"][a] = obj
    return obj


@step
def cut(s: Store, a: int, b: int, n: int) -> Any:
    a = b = find(s, a, "__getitem__")
    if n % 2:
        del s["slots"][a][n % 3 : n]
    else:
        s["slots"][a] = s["slots"][b][n % 3 : n]
    return s["slots"][a]


@step
def interned(s: Store, a: int, b: int, n: int) -> Any:
    s["slots"][a] = sys.intern("".join(["interned ", str(n)]))


@step
def evaluate(s: Store, a: int, b: int, n: int) -> Any:
    source = f"lambda x: [x, {n}, 'constant {n}', ({n + 1000}, b'{n}', (2.5,)), lambda: x]"
    s["slots"][a] = eval(compile(source, f"file {n}", "eval"))(s["slots"][b])
    return s["slots"][a]


@step
def is_instance(s: Store, a: int, b: int, n: int) -> Any:
    cls = s["slots"][b] if isinstance(s["slots"][b], type) else type(s["slots"][b])
    return [isinstance(s["slots"][a], cls), [base.__name__ for base in cls.__mro__]]


@step
def watch(s: Store, a: int, b: int, n: int) -> Any:
    a = find(s, a, "__weakref__")
    obj = s["slots"][a]
    if isinstance(obj, type):
        raise TypeError("classes linger in caches")
    s["watched"].append(weakref.ref(obj))


@step
def liveness(s: Store, a: int, b: int, n: int) -> Any:
    gc.collect()
    return {"alive": [ref() is not None for ref in s["watched"]]}


@step
def collect(s: Store, a: int, b: int, n: int) -> Any:
    gc.collect(n % 3)


@step
def immortal(s: Store, a: int, b: int, n: int) -> Any:
    if isinstance(s["slots"][a], types.FrameType):
        return
    obj = immortalize(s["slots"][a])
    assert obj is s["slots"][a]
    assert immortalize is not getattr(gc, "immortalize", None) or is_immortal(obj)


@step
def immortal_heap(s: Store, a: int, b: int, n: int) -> Any:
    immortalize_heap()


def run(program: list[list[Any]]) -> list[Any]:
    """Run *program*; return its trace."""
    store: Store = {"slots": [None] * SLOTS, "watched": []}
    trace: list[Any] = []
    for name, a, b, n in program:
        try:
            result = STEPS[name](store, a % SLOTS, b % SLOTS, n)
            plain = isinstance(result, dict) and "alive" in result and len(result) == 1
            trace.append(result if name == "liveness" and plain else brief(result))
        except Exception as error:
            trace.append(clean(f"{type(error).__name__}: {error}"))
            del error
    trace.append(dump(store["slots"]))
    return trace


def run_in_child(program: list[list[Any]]) -> dict[str, Any] | None:
    """Run *program* in a child; return what it said, or None in the child, which has to end."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        os.dup2(writer, 2)
        report_to[0] = writer
        trace = run(program)
        os.write(writer, b"\n" + json.dumps(trace).encode() + b"\n")
        return None
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        lines = stream.read().decode(errors="replace").splitlines()
    status = os.waitpid(pid, 0)[1]
    finalized = [line for line in lines if line.startswith("finalized ")]
    trace = [json.loads(line) for line in lines if line.startswith("[")]
    other = [line for line in lines if line and line[0] != "[" and line not in finalized]
    return {"trace": trace, "finalized": finalized, "status": status, "other": other}


def main() -> None:
    if sys.argv[1] == "once":
        for program in json.loads(sys.stdin.readline()):
            print(json.dumps(run(program)))
        return
    if "seal" in sys.argv:
        immortalize_heap()
    for line in iter(sys.stdin.readline, ""):
        answer = run_in_child(json.loads(line))
        if answer is None:
            return
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
