"""How far immortality reaches: what belongs to an object's data, and where the walk stops."""

from __future__ import annotations

from pathlib import Path

import pytest
from interpreter.reach import check

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
                 classmethod(fresh("c")), property(fresh),
                 types.GenericAlias(list, (fresh("g"),)), iter([fresh("i")])]
        gc.immortalize(parts)
        assert all(map(immortal, parts))
        r, s = parts[0], parts[1]
        for obj in (r.start, r.stop, r.step, s.start, s.start[0], s.stop, *parts[2], *parts[3],
                    *parts[4], parts[5].a, parts[6].__func__, parts[7].fget,
                    *parts[8].__args__):
            assert immortal(obj), obj
        view = memoryview(bytearray(3))
        assert not immortal(gc.immortalize([view])[0]), "gc.mortal_types() stay mortal"
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
}


@pytest.mark.parametrize("case", CASES)
def test_reach(patched: Path, case: str) -> None:
    check(patched, CASES[case])
