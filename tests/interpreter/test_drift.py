"""Extensions that count without the check drive immortal counts about; nothing is ever freed.

drift/drift.c is built twice: `drift_new` against the patched headers, with plain arithmetic
beside the guarded macros, and `drift_old` against stock headers, as a wheel from before is.
Memory is filled on free (PYTHONMALLOC=debug), so an object freed too early shows.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from compiling import extension
from harness import TESTS, modules, run

PRELUDE = """
import gc, random, struct, sys, weakref
import drift_new, drift_old

# The encoding: (lowest, initial, highest) immortal count, and the steps that are safe.
BITS = struct.calcsize("P") * 8
LOWEST, INITIAL, HIGHEST = {
    64: (1 << 31, 3 << 30, (1 << 32) - 1),
    32: (1 << 30, 5 << 28, (1 << 31) - 1),
}[BITS]
ROOM = INITIAL - LOWEST

class Plain:
    def __init__(self):
        self.items = [self, "x" * 3]
    def method(self):
        return self.items
class Slotted:
    __slots__ = ("a", "__weakref__")
    def __init__(self):
        self.a = {1: "one"}

def generator():
    yield from range(10)

def make():
    number = len(sys.argv)
    started = generator()
    next(started)
    cyclic = [1.5]
    cyclic.append(cyclic)
    return {
        "list": [1, [2]],
        "cyclic list": cyclic,
        "dict": {"key": [1], 2: "two"},
        "set": {number, "s"},
        "frozenset": frozenset({number, "f"}),
        "tuple": (number, [1]),
        "str": "text %d" % number,
        "wide str": "\\u4e2d%d" % number,
        "bytes": b"bytes %d" % number,
        "bytearray": bytearray(b"%d" % number),
        "float": number / 3,
        "int": (number + 7) << 100,
        "complex": complex(number, 2),
        "range": range(number, 99),
        "function": lambda a=[number]: (a, number),
        "code": compile("a + %d" % number, "made", "eval"),
        "generator": started,
        "class": type("Made", (Plain,), {"attribute": [number]}),
        "instance": Plain(),
        "slotted": Slotted(),
        "method": Plain().method,
        "memoryview": memoryview(bytearray(8)),
        "weakref": weakref.ref(Plain, lambda _: None),
    }

STATIC = [None, True, False, ..., NotImplemented, 7, -1, "", "a", b"", b"a", (), int, type, dict]

dead = []

def watch(name, obj):
    try:
        return weakref.ref(obj, lambda _: dead.append(name))
    except TypeError:
        return None

def guarded(obj, n=500):
    '''Take and drop references in Python code, in balance.'''
    hold = [obj] * n
    table = {i: obj for i in range(n)}
    for other in tuple(hold):
        pass
    half = hold[::2]
    half.reverse()
    del half[1:]
    (lambda *args, **kwargs: args)(obj, *hold, key=obj)
    hold.clear()
    table.clear()

def describe(obj):
    return repr(obj), type(obj), sys.getsizeof(obj)
"""

WITHIN = """
for name, obj in [*make().items(), *((repr(o), o) for o in STATIC)]:
    gc.immortalize(obj)
    assert gc.is_immortal(obj), name
    ref, before = watch(name, obj), describe(obj)
    step = min(1 << 29, ROOM)
    for module in drift_new, drift_old:
        start = module.read(obj)
        for delta in (-step, step, step, -step):
            module.add(obj, delta)
            assert gc.is_immortal(obj), (name, hex(module.read(obj)))
            guarded(obj)
            assert describe(obj) == before, name
        # Guarded references write nothing; but drift_old itself returns None.
        assert module.read(obj) == start or obj is None, name
    gc.collect()
assert not dead, dead
print("done")
"""

LOOPS = """
# Not one addition but the macro of the old headers, 2**29 times.
step = min(1 << 29, ROOM - 1)
cls = gc.immortalize(type("Made", (Plain,), {}))
for obj in (..., cls):
    start = drift_old.read(obj)
    drift_old.incref(obj, step)
    assert drift_old.read(obj) == start + step
    guarded(obj)
    gc.collect()
    drift_old.decref(obj, step)
    assert drift_old.read(obj) == start
    assert gc.is_immortal(obj)
    drift_new.incref(obj, step)                     # the patched macro writes nothing
    drift_new.decref(obj, step)
    assert drift_old.read(obj) == start
assert isinstance(cls(), Plain)
print("done")
"""

BEYOND = """
# A step of 2**29 beyond either limit and back, then left there until the interpreter ends.
positions = [LOWEST, LOWEST - 1, LOWEST - 2000, LOWEST - (1 << 29),
             HIGHEST, HIGHEST + 1, HIGHEST + 2, HIGHEST + 2000]
if BITS == 64:
    positions += [HIGHEST + (1 << 29), 2 * (HIGHEST + 1), 5 << 32]
kept = []
for position in positions:
    for module in drift_new, drift_old:
        for name, obj in [*make().items(), (repr(None), None), (repr(int), int)]:
            gc.immortalize(obj)
            ref, before = watch(name, obj), describe(obj)
            module.add(obj, position - module.read(obj))
            for _ in range(3):
                guarded(obj)
                assert describe(obj) == before, (name, hex(position))
                gc.collect(0)
            kept.append((obj, ref, before))
        gc.collect()
for obj, ref, before in kept:
    assert describe(obj) == before
assert not dead, dead
print("done")
"""

ZERO_LOW_HALF = """
# The count's low half is zero while the whole is not: looks dead to a test of 32 bits.
if BITS == 64:
    for name, obj in make().items():
        gc.immortalize(obj)
        ref, before = watch(name, obj), describe(obj)
        for count in ((1 << 32) + 1, (7 << 32) + 1):
            for module in drift_new, drift_old:
                drift_new.write(obj, count)
                module.decref(obj, 1)
                assert describe(obj) == before, name
                hold = [obj]
                drift_new.write(obj, count)
                hold.clear()                        # the same decrement, by the interpreter
                assert describe(obj) == before, name
                module.decref(obj, 1)
                assert gc.is_immortal(obj), hex(drift_new.read(obj))
        assert describe(obj) == before, name
    gc.collect()
assert not dead, dead
print("done")
"""

WALK = """
chance = random.Random(20231)
objects = make()
for obj in objects.values():
    gc.immortalize(obj)
refs = [watch(name, obj) for name, obj in objects.items()]
before = {name: describe(obj) for name, obj in objects.items()}
for turn in range(4000):
    name = chance.choice(list(objects))
    obj = objects[name]
    module = chance.choice((drift_new, drift_old))
    delta = chance.randint(-(1 << 29), 1 << 29)
    if LOWEST <= module.read(obj) + delta <= HIGHEST:
        module.add(obj, delta)
    assert gc.is_immortal(obj), (turn, name)
    guarded(obj, 5)
    assert describe(obj) == before[name], (turn, name)
    if turn % 200 == 0:
        gc.collect()
assert not dead, dead
print("done")
"""

STICKS = """
# A mortal count that reaches the limit by itself stays there instead of running on.
for add_by in "interpreter", "patched macro", "old macro":
    for name, obj in make().items():
        ref, before = watch(name, obj), describe(obj)
        assert not gc.is_immortal(obj), name
        drift_new.write(obj, LOWEST - 1)
        assert not gc.is_immortal(obj), name
        gc.collect()
        if add_by == "interpreter":
            hold = [obj] * 1000
            del hold
        elif add_by == "patched macro":
            drift_new.incref(obj, 1000)
        else:
            drift_old.incref(obj, 1000)
        assert gc.is_immortal(obj), (name, add_by, hex(drift_new.read(obj)))
        gc.collect()
        stuck = drift_new.read(obj)
        assert LOWEST <= stuck <= LOWEST + 1000, hex(stuck)
        drift_new.decref(obj, 1 << 20)
        guarded(obj)
        gc.collect()
        assert drift_new.read(obj) == stuck, (name, add_by)
        assert describe(obj) == before, (name, add_by)
        del obj
    gc.collect()
assert not dead, dead
print("done")
"""

DISCARDED = """
# Immortal objects whose last reference is gone, however an old extension left their counts.
for turn in range(20):
    for name, obj in make().items():
        gc.immortalize(obj)
        ref = watch(name, obj)
        drift_old.add(obj, random.Random(turn).randint(-(1 << 29), 1 << 29))
    del obj
    gc.collect()
assert not dead, dead
print("done")
"""


@pytest.fixture(scope="module")
def extensions(patched: Path, stock: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with drift_new, built against patched headers, and drift_old, against stock's."""
    folder = tmp_path_factory.mktemp("drift")
    for name, python in (("drift_new", patched), ("drift_old", stock)):
        extension(
            python, TESTS / "interpreter/drift/drift.c", folder / name, f"-DDRIFT_NAME={name}"
        )
    return folder


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(WITHIN, id="within the range"),
        pytest.param(LOOPS, id="macro by macro"),
        pytest.param(BEYOND, id="beyond the limits"),
        pytest.param(ZERO_LOW_HALF, id="zero low half"),
        pytest.param(WALK, id="random walk"),
        pytest.param(STICKS, id="sticks at the limit"),
        pytest.param(DISCARDED, id="discarded"),
    ],
)
def test_drift(patched: Path, extensions: Path, program: str) -> None:
    env = {**modules(extensions), "PYTHONMALLOC": "debug"}
    assert run(patched, PRELUDE + program, env=env) == "done\n"
