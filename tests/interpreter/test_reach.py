"""How far immortality reaches: what belongs to an object's data, and where the walk stops."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import run

PRELUDE = """
import gc, sys, types, weakref
immortal = gc.is_immortal

def fresh(text):
    '''A new, mortal string.'''
    made = "".join(["fresh ", text])
    assert not immortal(made)
    return made

def name(text):
    '''A string that can be a name, interned at run time.'''
    return sys.intern("".join(["name_", text]))
"""

CASES = {
    "returns its argument": """
        obj = [1]
        assert gc.immortalize(obj) is obj and immortal(obj)
        assert gc.immortalize(obj) is obj                     # again does no harm
        obj.append(fresh("later"))
        assert not immortal(obj[1])
        gc.immortalize(obj)
        assert immortal(obj[1])                               # and takes what has come since
    """,
    "decorators": """
        @gc.immortalize
        def function(): pass
        @gc.immortalize
        class Class:
            def method(self): pass
        assert immortal(function) and immortal(Class) and immortal(Class.method)
        assert not immortal(Class())
    """,
    "wrong arguments": """
        for call in (gc.immortalize, gc.is_immortal, lambda: gc.immortalize(1, 2),
                     lambda: gc.immortalize_heap(1), lambda: gc.is_immortal()):
            try:
                call()
            except TypeError:
                pass
            else:
                raise AssertionError(call)
    """,
    "immortal from the start": """
        import builtins
        for obj in (None, True, False, ..., NotImplemented, -5, 0, 256, "", "a", "\\xff", b"", b"x",
                    (), int, type, object, dict, Exception, types.FunctionType, type(...)):
            assert immortal(obj), obj
        n = len(sys.argv)
        for obj in (name("run time"), n + 1000, n / 3, fresh("x"), [], {}, (n + 300,), object(),
                    frozenset({n}), b"%d xx" % n, lambda: 0):
            assert not immortal(obj), obj
    """,
    "deep-frozen code": """
        import os
        import _frozen_importlib, zipimport
        def frozen(code):
            yield code
            for const in code.co_consts:
                if isinstance(const, types.CodeType):
                    yield from frozen(const)
        code = _frozen_importlib.ModuleSpec.__init__.__code__
        for part in (code, code.co_consts, code.co_names, code.co_filename, code.co_name,
                     code.co_qualname, code.co_linetable, *code.co_consts, *code.co_names):
            assert immortal(part), part
    """,
    "function": """
        space = {"__name__": fresh("module"), "helper": fresh("global")}
        source = "\\n".join([
            "def outer(cell):",
            "    def function(a=[helper + ' default'], *, b={'kw': 1.25}) -> [1.5]:",
            "        'the doc'",
            "        constant = (1234567, 'text', (2.5, b'bytes'), lambda: 7654321)",
            "        return cell, a, b, helper, len.__name__",
            "    function.attribute = [cell]",
            "    return function",
        ])
        exec(compile(source, fresh("file"), "exec"), space)
        function = space["outer"]([fresh("cell")])
        function.__annotations__                              # a tuple until someone looks
        gc.immortalize(function)
        code = function.__code__
        taken = [function, code, function.__defaults__, function.__defaults__[0],
                 function.__kwdefaults__, function.__kwdefaults__["b"], function.__closure__,
                 function.__closure__[0], function.__closure__[0].cell_contents,
                 function.__closure__[0].cell_contents[0], function.__dict__, function.attribute,
                 function.__annotations__, function.__annotations__["return"], function.__doc__,
                 function.__name__, function.__qualname__, type(function), function.__module__,
                 code.co_consts, code.co_names, code.co_filename, code.co_linetable,
                 code.co_exceptiontable, code.co_qualname, *code.co_consts, *code.co_names]
        nested = [c for c in code.co_consts if isinstance(c, types.CodeType)]
        assert len(nested) == 1
        taken += [*nested[0].co_consts, nested[0].co_linetable]
        for number, obj in enumerate(taken):
            assert immortal(obj), (number, obj)
        for obj in (space, space["helper"], space["outer"], sys.modules, sys._getframe(),
                    sys, gc, __builtins__):
            assert not immortal(obj), obj
        function.__globals__["helper"] = "changed"
        assert function()[3] == "changed"
    """,
    "function does not take the program along": """
        value = [fresh("global")]
        def other(): return value
        @gc.immortalize
        def function(): return other()
        assert not immortal(other) and not immortal(value) and not immortal(globals())
        assert not immortal(sys.modules) and not immortal(sys.modules["__main__"])
        assert function() is value
    """,
    "module": """
        module = types.ModuleType("made")
        module.data = [fresh("inside")]
        holder = gc.immortalize([module, module.data[:]])
        assert immortal(holder) and not immortal(module) and not immortal(module.__dict__)
        assert not immortal(module.data) and immortal(module.data[0])
    """,
    "frame": """
        def make():
            local = [fresh("local")]
            return sys._getframe(), local
        frame, local = make()
        holder = gc.immortalize([frame])
        assert immortal(holder) and not immortal(frame) and not immortal(local)
        try:
            gc.immortalize(frame)
        except TypeError:
            pass
        assert not immortal(frame)
    """,
    "class": """
        class Meta(type): pass
        class Base:
            inherited = [fresh("base")]
        class Class(Base, metaclass=Meta):
            __slots__ = (name("slot"), "b")
            value = {name("key"): fresh("value")}
            def method(self, a=[1.25]): return 3.75
            prop = property(lambda self: fresh("prop"))
            wrapped = staticmethod(lambda: 2.5)
            klass = classmethod(lambda cls: 2.25)
        class Sub(Class): pass
        gc.immortalize(Class)
        taken = [Class, Class.__dict__["value"], *Class.value, *Class.value.values(), Base, Meta,
                 Base.inherited, Base.inherited[0], Class.method, Class.method.__defaults__[0],
                 Class.method.__code__.co_consts[-1], Class.__dict__["prop"], Class.prop.fget,
                 Class.__dict__["wrapped"], Class.wrapped, Class.__dict__["klass"],
                 Class.__slots__, *Class.__slots__, Class.__mro__, Class.__bases__,
                 Class.__name__, Class.__qualname__, Class.__module__, *Class.__dict__,
                 *Base.__dict__, *Meta.__dict__]
        for obj in taken:
            assert immortal(obj), obj
        assert not immortal(Sub) and not immortal(Class())
    """,
    "instance": """
        class Class:
            def __init__(self):
                setattr(self, name("attribute"), [fresh("value")])
                self.b = {name("key"): 1}
        obj, other = gc.immortalize(Class()), Class()
        assert immortal(Class) and immortal(obj.b) and immortal(obj.name_attribute[0])
        assert all(immortal(key) for key in [*vars(obj), *obj.b])
        assert not immortal(other) and not immortal(other.b)
    """,
    "dict keys": """
        for table in ({fresh("a"): 1, fresh("b"): [2]},
                      {fresh("a"): 1, 12345678: fresh("v"), (fresh("t"),): None},
                      {("key", fresh("in tuple")): 1.5},
                      dict.fromkeys(map(fresh, "abc"))):
            gc.immortalize(table)
            for key, value in table.items():
                assert immortal(key) and immortal(value), (key, value)
                if isinstance(key, tuple):
                    assert all(map(immortal, key))
    """,
    "untracked containers": """
        pair = (fresh("a"), 1.5 * len(sys.argv))
        table = {fresh("k"): fresh("v")}
        outer = (pair, (pair, pair))
        holder = [outer, table]
        gc.collect()
        assert not gc.is_tracked(pair) and not gc.is_tracked(table)
        gc.immortalize(holder)
        for obj in (outer, outer[1], pair, *pair, table, *table, *table.values()):
            assert immortal(obj), obj
        alone = (fresh("c"), (fresh("d"),))
        gc.collect()
        assert immortal(gc.immortalize(alone)) and immortal(alone[1][0])
    """,
    "code": """
        text = "def f(a):\\n  x = (a, {}, 1e10)\\n  class C:\\n    y = 'z' 'w', 99999\\n  return x"
        code = compile(text, fresh("file"), "exec")
        gc.immortalize(code)
        def every(code):
            yield code
            for part in (code.co_consts, code.co_names, code.co_filename, code.co_name,
                         code.co_qualname, code.co_linetable, code.co_exceptiontable,
                         *code.co_consts, *code.co_names):
                yield part
            for part in code.co_consts:
                if isinstance(part, types.CodeType):
                    yield from every(part)
                elif isinstance(part, tuple):
                    yield from part
        for part in every(code):
            assert immortal(part), part
    """,
    "what ranges, slices and others hold": """
        big = 1 << (100 + len(sys.argv))
        assert not immortal(big)
        parts = [range(big, big * 2, big - 1), slice([fresh("a")], fresh("b")),
                 {big + 1}, frozenset({big + 2}),
                 types.MappingProxyType({fresh("p"): 1}), types.SimpleNamespace(a=fresh("n")),
                 classmethod(fresh("c")), property(fresh), memoryview(bytearray(3)),
                 types.GenericAlias(list, (fresh("g"),)), iter([fresh("i")])]
        gc.immortalize(parts)
        assert all(map(immortal, parts))
        r, s = parts[0], parts[1]
        for obj in (r.start, r.stop, r.step, s.start, s.start[0], s.stop, *parts[2], *parts[3],
                    *parts[4], parts[5].a, parts[6].__func__, parts[7].fget, parts[8].obj,
                    *parts[9].__args__):
            assert immortal(obj), obj
    """,
    "bound methods": """
        class Class:
            def method(self): pass
        obj = Class()
        bound, append = gc.immortalize(obj.method), gc.immortalize([fresh("x")].append)
        assert immortal(obj) and immortal(Class) and immortal(append.__self__[0])
        assert immortal(gc.immortalize(len)) and not immortal(sys.modules["builtins"])
    """,
    "generator": """
        def generator(arg):
            local = [fresh("local")]
            inner = (x for x in arg)
            yield local
            yield from inner
        arg = [[fresh("arg")]]
        started = generator(arg)
        local = next(started)
        gc.immortalize(started)
        assert immortal(local) and immortal(local[0]) and immortal(arg) and immortal(arg[0][0])
        assert not immortal(globals())
        assert next(started) is arg[0] and list(started) == []
    """,
    "weak references": """
        class Class: pass
        obj = Class()
        ref = weakref.ref(obj, lambda ref, data=[fresh("callback")]: None)
        gc.immortalize(ref)
        assert not immortal(obj)                              # weak is weak
        assert immortal(ref.__callback__) and immortal(ref.__callback__.__defaults__[0][0])
        gone = weakref.ref(obj)
        del obj
        assert ref() is None and gone() is None
    """,
    "subclasses of types without collection": """
        class Str(str): pass
        class Int(int): __slots__ = ()
        obj = Str(fresh("s"))
        obj.attribute = [fresh("a")]
        number = Int(len(sys.argv) + 1000)
        gc.immortalize([obj, number])
        assert immortal(obj) and immortal(obj.attribute[0]) and immortal(Str)
        assert immortal(number) and immortal(Int)
    """,
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
    run(patched, PRELUDE + "if True:\n" + CASES[case])
