"""What is special where there is no GIL: threads run at once, and each counts for itself."""

from __future__ import annotations

import sysconfig
import unittest

from test_core import REASON, run

FREE = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

# The package is imported by its first line.
WITHOUT_GIL = """
import immortal_objects
assert not sys._is_gil_enabled()
"""

# Instances that other threads make and drop, calls, and functions of a namespace: none of them may
# write to the class, the code and the namespace, also when a collection adds up what threads count.
COUNTED_BY_THREADS = """
import threading
class Item:
    def method(self):
        return [Item2() for _ in range(10)]
class Item2: pass
def define():
    return [lambda: None for _ in range(10)]
kept = [Item() for _ in range(100)]
def work():
    for _ in range(1000):
        box = Item().method(), define(), define.__code__.co_name
first = threading.Thread(target=work); first.start(); first.join()
_core.immortalize_heap()
assert _core.drift() == []
kept.clear()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
work()
gc.collect()
assert _core.drift() == []
for obj in (Item, Item2, work.__code__, define, globals()):
    assert _core.is_immortal(obj), obj
"""

# Threads that make, change, read and drop, while others make the heap immortal and collect.
AT_ONCE = """
import threading, time, weakref
stop, failed = threading.Event(), []
shared = {"list": [], "dict": {}, "set": set(), "records": [], "generators": []}
class Record:
    def __init__(self, number):
        self.name = f"name {number}"; self.pair = number, [number]; self.map = {number: str(number)}
def until_stopped(function):
    def run():
        try:
            while not stop.is_set():
                function()
        except BaseException as error:
            failed.append(error)
            raise
    return threading.Thread(target=run)
def make():
    shared["records"] = [Record(number) for number in range(200)]
    for record in shared["records"]:
        assert record.name.startswith("name") and record.map[record.pair[0]]
    namespace = {}
    exec("class Class:\\n def f(self, x=[1]): return x, 'text', 12.5\\n", namespace)
    obj = namespace["Class"](); obj.f(); obj.me = obj
    reference = weakref.ref(obj, lambda _: None)
def change():
    for i in range(100):
        shared["list"].append([i]); shared["dict"][f"k{i % 50}"] = i, [i]; shared["set"].add(f"{i}")
    if len(shared["list"]) > 1000:
        shared["list"].clear()
    assert all(len(value) == 2 for value in list(shared["dict"].values()))
def suspend():
    def generator():
        local = ["local"]
        while True:
            yield local
    shared["generators"] = generators = [generator() for _ in range(50)]
    assert all(next(each) == ["local"] for each in generators)
def start():
    thread = threading.Thread(target=lambda: [Record(i) for i in range(50)])
    thread.start(); thread.join()
def one():
    value = _core.immortalize({"a": [Record(1)]})
    # Not what it got after another thread had met it, in its __init__().
    assert _core.is_immortal(value["a"][0])
    time.sleep(0.002)
def heap(types=[(), (complex,)]):
    types.reverse()
    # Never twice with the same types: that would be a repetition, which takes nothing.
    _core.immortalize_heap(types[0])
    heaps.append(1)
    time.sleep(0.02)
heaps = []
threads = [until_stopped(function) for function in
           (make, make, change, change, suspend, start, one, one, gc.collect, heap, heap)]
for thread in threads: thread.start()
time.sleep(2)
stop.set()
for thread in threads: thread.join()
assert not failed and heaps
found = _core.drift()
assert found == [], found[:5]
for _ in range(3):
    make(); change(); suspend(); gc.collect()
assert _core.census()["immortal"]
"""

# Garbage that a collection holds is left alone.
IN_A_COLLECTION = """
import weakref
class Cyclic:
    def __del__(self):
        seen.append(self)
        _core.immortalize([self])
        _core.immortalize_heap((complex,))
        assert not _core.is_immortal(self)
seen = []
def note(reference):
    _core.immortalize(reference)
    _core.immortalize_heap((float,))
for _ in range(5):
    garbage = [Cyclic() for _ in range(10)]
    for each in garbage:
        each.all = garbage
    references = [weakref.ref(each, note) for each in garbage]
    del garbage, each
    gc.collect()
assert len(seen) == 50
seen.clear()
gc.collect()
assert _core.immortalize_heap() > 0
"""

# Objects of a thread that waits, dropped by another one: their owner is to merge their counts.
TO_BE_MERGED = """
import threading
go, ready, made = threading.Event(), threading.Event(), []
def own():
    obj = ["owned", [1.5], object()]
    made.extend([obj, obj, obj])
    del obj
    ready.set()
    go.wait()
for what in ("deep", "top", "heap"):
    go.clear(); ready.clear(); made.clear()
    thread = threading.Thread(target=own)
    thread.start()
    ready.wait()
    made.pop(); made.pop()
    holder = {"k": [made]}
    if what == "deep":
        _core.immortalize(holder)
    elif what == "top":
        assert _core.immortalize(made[0]) is made[0]
    else:
        _core.immortalize_heap((complex,))
    assert all(map(_core.is_immortal, (made[0], made[0][1], made[0][2]))), what
    go.set()
    thread.join()
    made = []
assert _core.drift() == []
"""


@unittest.skipUnless(FREE, "this CPython has a GIL")
@unittest.skipIf(REASON, REASON or "")
class FreeThreadedTest(unittest.TestCase):
    """Programs that have to end well."""

    def test_import_leaves_the_gil_off(self) -> None:
        run(WITHOUT_GIL)

    def test_counts_of_threads(self) -> None:
        run(COUNTED_BY_THREADS)

    def test_threads_at_once(self) -> None:
        run(AT_ONCE)

    def test_counts_that_an_owner_is_to_merge(self) -> None:
        run(TO_BE_MERGED)

    def test_in_a_collection(self) -> None:
        run(IN_A_COLLECTION)


if __name__ == "__main__":
    unittest.main()
