"""How far immortality reaches: the whole heap, deep data, and the collector afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from interpreter.reach import check

CASES = {
    "a list nested a million deep": """
        obj = bottom = []
        for _ in range(1_000_000):
            obj = [obj]
        gc.immortalize(obj)
        assert immortal(obj) and immortal(bottom)
        pair = ()
        for _ in range(1_000_000):
            pair = (pair, 1)
        gc.collect()
        gc.immortalize(pair)
        assert immortal(pair) and immortal(pair[0][0][0])
        table = {}
        for _ in range(1_000_000):
            table = {"next": table}
        gc.immortalize_heap()
        assert immortal(table) and immortal(table["next"]["next"])
    """,
    "no garbage collection afterwards": """
        obj = [[] for _ in range(1000)]
        for item in obj:
            item.append(obj)
        before = len(gc.get_objects())
        gc.immortalize(obj)
        assert gc.collect() == 0
        del obj[500:]
        gc.collect()
        assert len(obj) == 500 and all(item[0] is obj for item in obj)
    """,
    "heap": """
        class Class: pass
        def function(): return 1234567
        data = {fresh("k"): [fresh("v"), (fresh("t"),)]}
        dead = Class()
        dead.me = dead
        ref = weakref.ref(dead)
        del dead
        gc.disable()
        taken = gc.immortalize_heap()
        assert ref() is None                                  # it collects, even when disabled
        assert not gc.isenabled()
        gc.enable()
        assert taken > 5000
        for obj in (Class, function, function.__code__, function.__code__.co_consts[1], data, *data,
                    *data.values(), data[[*data][0]][1][0], sys.modules, sys, globals(), gc,
                    sys.path, [*sys.path_importer_cache][0], *sys.modules,
                    Class.__dict__["__module__"]):
            assert immortal(obj), obj
        for obj in gc.get_objects():
            assert immortal(obj) or isinstance(obj, types.FrameType) or obj is not data, type(obj)
        again = gc.immortalize_heap()
        assert 0 <= again < 500, again
        new = [fresh("new")]
        assert not immortal(new)
        gc.collect()  # a further call takes what survived a collection
        assert gc.immortalize_heap() >= 1 and immortal(new) and immortal(new[0])
    """,
    "heap takes everything that modules reach": """
        import collections, dataclasses, decimal, enum, functools, json, logging, re, typing
        import xml.etree.ElementTree, sqlite3, ctypes, asyncio
        gc.immortalize_heap()
        seen, queue, mortal = set(), list(sys.modules.values()), []
        own = {id(seen), id(queue), id(mortal)}
        while queue:
            obj = queue.pop()
            if id(obj) in seen or id(obj) in own or isinstance(obj, types.FrameType):
                continue
            seen.add(id(obj))
            if obj is globals():
                continue
            if not immortal(obj):
                mortal.append(type(obj).__name__)
            queue += gc.get_referents(obj)
            if isinstance(obj, dict):
                queue += obj.keys()
            if isinstance(obj, types.CodeType):
                queue += [obj.co_consts, obj.co_names, obj.co_filename, obj.co_linetable]
                queue += obj.co_consts
                queue += obj.co_names
            if isinstance(obj, type):
                queue += [obj.__name__, obj.__qualname__]
            obj = None
        assert len(seen) > 20000, len(seen)
        # get_referents and the loop itself make a few new ones (names of static types, say).
        assert len(mortal) < len(seen) / 200, (len(mortal), len(seen), collections.Counter(mortal))
    """,
    "interned strings and shared keys": """
        class Class:
            def __init__(self):
                self.first = 1
        made = [Class() for _ in range(3)]
        gc.immortalize(made)
        for obj in made:
            setattr(obj, name("second"), 2)
        other = Class()
        setattr(other, name("third"), 3)
        del made, other
        gc.collect()
        last = Class()
        last.name_second = 5
        assert last.__dict__ == {"first": 1, "name_second": 5}
    """,
    "allocated memory of mortal things is still freed": """
        def round():
            gc.immortalize([1, 2])
            for _ in range(200):
                junk = {fresh(str(i)): [i] for i in range(100)}
                cycle = [junk]
                cycle.append(cycle)
            del junk, cycle
            gc.collect()
        gc.immortalize_heap()
        round()
        before = sys.getallocatedblocks()
        for _ in range(10):
            round()
        assert sys.getallocatedblocks() - before < 100, sys.getallocatedblocks() - before
    """,
    "gc functions know immortal objects": """
        obj = gc.immortalize([{}])
        assert any(item is obj for item in gc.get_objects())
        assert gc.get_referents(obj) == [{}]
        assert any(item is obj for item in gc.get_referrers(obj[0]))
        gc.freeze()
        assert immortal(obj)
        gc.unfreeze()
        gc.collect()
        assert obj == [{}]
    """,
    "frozen objects": """
        obj = [[]]
        gc.freeze()
        assert gc.get_freeze_count() > 0
        gc.immortalize_heap()
        assert immortal(obj) and gc.get_freeze_count() == 0
        gc.unfreeze()
        gc.collect()
        assert obj == [[]]
    """,
    "saved garbage": """
        gc.set_debug(gc.DEBUG_SAVEALL)
        cycle = []
        cycle.append(cycle)
        del cycle
        gc.immortalize_heap()
        assert len(gc.garbage) == 1 and immortal(gc.garbage[0])
        gc.set_debug(0)
        gc.garbage.clear()
        gc.collect()
    """,
    "while code is traced": """
        import tracemalloc
        tracemalloc.start(5)
        events = []
        def tracer(frame, event, arg):
            events.append(event)
            return tracer
        sys.settrace(tracer)
        sys.setprofile(lambda *args: events.append("profile"))
        obj = [{i: str(i)} for i in range(100)]
        gc.immortalize_heap()
        def function(n): return sum(range(n)) + function(n - 1) if n else 0
        assert function(20) == sum(sum(range(n)) for n in range(21))
        sys.settrace(None), sys.setprofile(None)
        assert len(events) > 100 and immortal(tracer)
        obj.clear()
        gc.collect()
        assert tracemalloc.take_snapshot().statistics("lineno")
        tracemalloc.stop()
    """,
    "trashed deeply nested mortal list next to immortal ones": """
        keep = gc.immortalize([])
        obj = [keep]
        for _ in range(300_000):
            obj = [obj, keep]
        del obj
        gc.collect()
        assert keep == []
    """,
}


@pytest.mark.parametrize("case", CASES)
def test_reach(patched: Path, case: str) -> None:
    check(patched, CASES[case])
