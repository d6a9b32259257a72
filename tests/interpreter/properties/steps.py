"""The steps of the random programs: each does one thing with two slots of a small store."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import types
import weakref
from typing import Any

from graph import (
    MAKE,
    NAMES,
    Node,
    Other,
    Slotted,
    clean,
    dump,
    immortalize,
    immortalize_heap,
    is_immortal,
    parts,
)
from store import LIMIT, Store, find, room, step


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
