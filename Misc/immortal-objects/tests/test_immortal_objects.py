"""python -m unittest, on any CPython from 3.9 on, with or without immortal objects."""

from __future__ import annotations

import abc
import copy
import ctypes
import dataclasses
import enum
import functools
import inspect
import logging
import pickle
import subprocess
import sys
import typing
import unittest
from typing import Any, Generic, NamedTuple, Protocol, TypedDict, TypeVar

import immortal_objects
from immortal_objects import _backend, immortal, immortalize_heap, is_immortal

# Whether the interpreter can do it. If not, nothing here may become immortal, and all else holds.
ABLE = _backend.CHOSEN.able

T = TypeVar("T")


@immortal(instances=True)
class Point:
    """At the top level, for pickle."""

    def __init__(self, x: int, y: int = 2) -> None:
        self.x, self.y = x, [y]


class Values(unittest.TestCase):
    def test_value(self) -> None:
        value = {"key": [object()]}
        self.assertIs(immortal(value), value)
        self.assertEqual(is_immortal(value), ABLE)
        self.assertEqual(is_immortal(value["key"][0]), ABLE)
        self.assertFalse(is_immortal([]))

    def test_function(self) -> None:
        @immortal
        def function(argument: list[int] = [1, 2]) -> list[int]:  # noqa: B006
            return argument

        self.assertEqual(function(), [1, 2])
        self.assertEqual(function.__name__, "function")
        self.assertEqual(is_immortal(function) and is_immortal(function()), ABLE)

    def test_parentheses(self) -> None:
        @immortal()
        class Thing:
            pass

        self.assertEqual(is_immortal(Thing), ABLE)
        self.assertFalse(is_immortal(Thing()))

    def test_methods(self) -> None:
        class Thing:
            @staticmethod
            @immortal
            def static() -> int:
                return 1

            @property
            @immortal
            def value(self) -> int:
                return 2

        self.assertEqual((Thing.static(), Thing().value), (1, 2))

    def test_bad_arguments(self) -> None:
        for arguments, keywords in (
            ((1, 2), {}),
            (([],), {"instances": True}),
            ((), {"instance": True}),
        ):
            with self.assertRaises(TypeError):
                immortal(*arguments, **keywords)
        for wrong in (len, dict, 5):
            with self.assertRaisesRegex(TypeError, "is for classes"):
                immortal(instances=True)(wrong)
        with self.assertRaisesRegex(TypeError, "call __new__ and __init__, but Typed doesn't"):

            @immortal(instances=True)
            class Typed(TypedDict):
                value: int

        with self.assertRaises(TypeError):
            is_immortal()  # type: ignore[call-arg]
        with self.assertRaisesRegex(TypeError, "frame"):
            immortal(sys._getframe())


class Instances(unittest.TestCase):
    def check(self, instance: object) -> None:
        self.assertEqual(is_immortal(instance), ABLE)

    def test_plain(self) -> None:
        point = Point(1)
        self.check(point)
        self.check(point.y)
        self.assertEqual((point.x, point.y), (1, [2]))
        self.assertIsInstance(point, Point)
        self.assertEqual(is_immortal(Point), ABLE)

    def test_signature(self) -> None:
        self.assertEqual(list(inspect.signature(Point).parameters), ["x", "y"])
        hints = typing.get_type_hints(Point.__init__)
        self.assertEqual(hints, {"x": int, "y": int, "return": type(None)})

    def test_only_at_the_end(self) -> None:
        seen = []

        @immortal(instances=True)
        class Base:
            def __init__(self) -> None:
                seen.append(is_immortal(self))

        class Middle(Base):
            pass

        class Outer(Middle):
            def __init__(self, value: object) -> None:
                super().__init__()
                seen.append(is_immortal(self))
                self.value = [value]

        outer = Outer(1)
        self.assertEqual(seen, [False, False])
        self.check(outer)
        self.check(outer.value)
        self.check(Middle())
        self.check(Base())

    def test_no_init(self) -> None:
        @immortal(instances=True)
        class Empty:
            pass

        self.check(Empty())
        with self.assertRaises(TypeError):
            Empty(1)  # type: ignore[call-arg]

        class Sub(Empty):
            def __init__(self, value: int) -> None:
                self.value = value

        self.check(Sub(1))

        class Quiet(Sub):
            pass

        self.check(Quiet(1))

    def test_exception_in_init(self) -> None:
        kept: list[object] = []

        @immortal(instances=True)
        class Failing:
            def __init__(self) -> None:
                kept.append(self)
                raise ValueError

        with self.assertRaises(ValueError):
            Failing()
        self.assertFalse(is_immortal(kept[0]))

    def test_new(self) -> None:
        @immortal(instances=True)
        class Made(tuple):  # type: ignore[type-arg]
            __slots__ = ()

            def __new__(cls, *values: object) -> Made:
                return super().__new__(cls, values)

        made = Made(1, [2])
        self.assertEqual(made, (1, [2]))
        self.check(made)
        self.check(made[1])

    def test_another_type_from_new(self) -> None:
        @immortal(instances=True)
        class Other:
            def __new__(cls) -> Any:
                return [1]

        other = Other()
        self.assertEqual(other, [1])
        self.assertFalse(is_immortal(other))

    def test_slots(self) -> None:
        @immortal(instances=True)
        class Slots:
            __slots__ = ("value",)

            def __init__(self, value: object) -> None:
                self.value = value

        slots = Slots([1])
        self.check(slots)
        self.check(slots.value)
        self.assertFalse(hasattr(slots, "__dict__"))

    def test_builtin_bases(self) -> None:
        @immortal(instances=True)
        class Table(dict):  # type: ignore[type-arg]
            pass

        table = Table({"a": [1]}, b=2)
        self.assertEqual(table, {"a": [1], "b": 2})
        self.check(table)

        @immortal(instances=True)
        class Problem(ValueError):
            pass

        self.assertEqual(Problem("a", 1).args, ("a", 1))

    def test_several_bases(self) -> None:
        order = []

        @immortal(instances=True)
        class Left:
            def __init__(self, **kwargs: object) -> None:
                order.append("left")
                super().__init__(**kwargs)

        @immortal(instances=True)
        class Quiet:
            pass

        class Right:
            def __init__(self, value: object) -> None:
                order.append("right")
                self.value = [value]

        class Both(Left, Quiet, Right):
            pass

        both = Both(value=1)
        self.assertEqual(order, ["left", "right"])
        self.check(both)
        self.check(both.value)

    def test_decorated_twice(self) -> None:
        class Sub(Point):
            def __init__(self) -> None:
                super().__init__(1)

        again = immortal(instances=True)(Sub)
        self.assertIs(again, Sub)
        self.check(Sub())
        self.check(Point(1))

    def test_init_of_another_class(self) -> None:
        class Same(Point):
            __init__ = Point.__init__

        class Wrapping(Point):
            @functools.wraps(Point.__init__)  # type: ignore[misc]
            def __init__(self, *args: Any) -> None:
                super().__init__(*args)

        class Partial(Point):
            __init__ = functools.partialmethod(Point.__init__, 5)

        for instance in (Same(1), Wrapping(1), Partial()):
            self.check(instance)
            self.check(instance.y)

    def test_init_subclass(self) -> None:
        seen = []

        @immortal(instances=True)
        class Base:
            def __init_subclass__(cls, *, name: str, **kwargs: Any) -> None:
                super().__init_subclass__(**kwargs)
                seen.append((cls.__name__, name))

        class Sub(Base, name="sub"):
            def __init__(self) -> None:
                pass

        self.assertEqual(seen, [("Sub", "sub")])
        self.check(Sub())
        with self.assertRaises(TypeError):

            class Nameless(Base):  # type: ignore[call-arg]
                pass

    def test_abstract(self) -> None:
        @immortal(instances=True)
        class Abstract(abc.ABC):
            @abc.abstractmethod
            def method(self) -> None: ...

        class Concrete(Abstract):
            def method(self) -> None: ...

        self.check(Concrete())
        with self.assertRaises(TypeError):
            Abstract()  # type: ignore[abstract]

    def test_generic(self) -> None:
        @immortal(instances=True)
        class Box(Generic[T]):
            def __init__(self, value: T) -> None:
                self.value = value

        class Sub(Box[int]):
            def __init__(self) -> None:
                super().__init__(1)

        self.check(Box[list[int]]([1]))
        self.check(Sub())

    def test_dataclass(self) -> None:
        for options in ({}, {"frozen": True}, {"slots": True}, {"order": True}):
            if options == {"slots": True} and sys.version_info < (3, 10):
                continue
            with self.subTest(options=options):

                @immortal(instances=True)
                @dataclasses.dataclass(**options)
                class Data:
                    name: str
                    tags: list[str] = dataclasses.field(default_factory=list)

                data = Data("a")
                self.assertEqual(data, Data(name="a", tags=[]))
                self.check(data)
                self.check(data.tags)
                self.assertEqual(dataclasses.replace(data, name="b").name, "b")

    def test_dataclass_without_init(self) -> None:
        @immortal(instances=True)
        @dataclasses.dataclass(init=False)
        class Data:
            name: str = "a"

        self.check(Data())

    def test_subclass_that_is_a_dataclass(self) -> None:
        @immortal(instances=True)
        @dataclasses.dataclass
        class Base:
            x: int

        class Mixin:
            def __init__(self) -> None:
                raise AssertionError("hidden by that of the dataclass")

        @dataclasses.dataclass
        class Sub(Mixin, Base):
            y: list[int]

        sub = Sub(1, [2])
        self.assertEqual((sub.x, sub.y), (1, [2]))
        self.check(sub)
        self.check(sub.y)

    def test_below_dataclass(self) -> None:
        for options in ({}, {"frozen": True}, {"slots": True}, {"init": False}):
            if options == {"slots": True} and sys.version_info < (3, 10):
                continue
            with self.subTest(options=options):

                @dataclasses.dataclass(**options)
                @immortal(instances=True)
                class Data:
                    name: str = "a"

                arguments = [] if options == {"init": False} else ["name"]
                for _ in range(2):
                    self.assertEqual(list(inspect.signature(Data).parameters), arguments)
                    data = Data(*arguments)
                    self.assertEqual(data.name, (*arguments, "a")[0])
                    self.check(data)

                class Sub(Data):
                    pass

                self.check(Sub(*arguments))

    def test_mixin_before_the_base(self) -> None:
        class Logged:
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.log = [is_immortal(self)]

        class Country(Logged, Point):
            pass

        class Town(Country):
            def __init__(self) -> None:
                super().__init__(1)
                self.name = ["Lyon"]

        for place in (Country(1), Town()):
            self.assertEqual((place.x, place.y, place.log), (1, [2], [False]))
            self.check(place)
            self.check(place.log)
        self.check(Town().name)
        self.assertEqual(list(inspect.signature(Country).parameters), ["args", "kwargs"])

    def test_builtin_before_the_base(self) -> None:
        @immortal(instances=True)
        class Base:
            pass

        class Table(dict, Base):  # type: ignore[type-arg]
            pass

        class Made(Base):
            def __new__(cls, value: int) -> Made:
                made = object.__new__(cls)
                made.value = value
                return made

            value: int

        self.assertEqual((Table(a=1), Made(1).value), ({"a": 1}, 1))
        self.check(Table())
        self.check(Made(1))

    def test_init_set_later(self) -> None:
        class Sub(Point):
            pass

        def initialize(self: Any) -> None:
            self.x = [1]

        self.check(Sub(1))
        Sub.__init__ = initialize  # type: ignore[assignment,method-assign]
        sub = Sub()  # type: ignore[call-arg]
        self.check(sub)
        self.check(sub.x)

    def test_protocol(self) -> None:
        class Named(Protocol):
            def name(self) -> str:
                return "nobody"

        class Base:
            def __init__(self, value: int) -> None:
                self.value = [value]

            def name(self) -> str:
                return "base"

        @immortal(instances=True)
        class Concrete(Named, Base):
            pass

        @immortal(instances=True)
        class Alone(Named, Protocol):
            pass

        class Sub(Alone, Base):
            pass

        for made in (Concrete(1), Concrete(1), Sub(1)):
            self.assertEqual(made.value, [1])
            self.check(made)
        protocols: tuple[Any, ...] = (Named, Alone)
        for protocol in protocols:
            with self.assertRaisesRegex(TypeError, "Protocols cannot be instantiated"):
                protocol()

    def test_result_of_init(self) -> None:
        kept: list[object] = []

        @immortal(instances=True)
        class Wrong:
            def __init__(self) -> None:
                kept.append(self)
                return 5  # type: ignore[return-value]

        with self.assertRaisesRegex(TypeError, "should return None"):
            Wrong()
        self.assertFalse(is_immortal(kept[0]))

    def test_another_class_from_init(self) -> None:
        class Other:
            pass

        @immortal(instances=True)
        class First:
            def __init__(self) -> None:
                self.__class__ = Other  # type: ignore[assignment]

        first = First()
        self.assertIs(type(first), Other)
        self.check(first)

    def test_metaclass(self) -> None:
        class Sealed(type):
            def __setattr__(cls, name: str, value: object) -> None:
                raise AttributeError("sealed")

        @immortal(instances=True)
        class Plain(metaclass=Sealed):
            pass

        @immortal(instances=True)
        class Structure(ctypes.Structure):
            _fields_ = (("value", ctypes.c_int),)

        class Single(type):
            made: object = None

            def __call__(cls) -> Any:
                cls.made = cls.made or super().__call__()
                return cls.made

        @immortal(instances=True)
        class Only(metaclass=Single):
            pass

        self.assertIs(Only(), Only())
        self.check(Only())
        self.check(Plain())
        self.assertEqual(Structure(3).value, 3)
        self.check(Structure(3))

    def test_arguments_that_nothing_takes(self) -> None:
        @immortal(instances=True)
        class Empty:
            pass

        class Passing(Empty):
            def __new__(cls, *args: object) -> Passing:
                return super().__new__(cls, *args)

        class Initialized(Empty):
            def __init__(self, *args: object) -> None:
                super().__init__(*args)

        classes: tuple[Any, ...] = (Empty, Passing, Initialized)
        for cls in classes:
            self.check(cls())
            for _ in range(2):
                with self.assertRaisesRegex(TypeError, r"takes (no|exactly one) argument"):
                    cls(1)
        self.assertEqual(list(inspect.signature(Empty).parameters), [])

    def test_named_tuple(self) -> None:
        @immortal(instances=True)
        class Pair(NamedTuple):
            left: object
            right: object = None

        pair = Pair([1])
        self.assertEqual(pair, ([1], None))
        self.check(pair)
        self.assertEqual(pair._replace(left=2), (2, None))

    def test_enumeration(self) -> None:
        @immortal
        class Colour(enum.Enum):
            RED = "red light"

        self.assertIs(Colour("red light"), Colour.RED)
        self.check(Colour.RED)

    def test_pickle_and_copy(self) -> None:
        point = Point(1, 5)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(point, protocol))
            self.assertEqual((type(again), vars(again)), (Point, vars(point)))
            self.assertFalse(is_immortal(again))
        for again in (copy.copy(point), copy.deepcopy(point), Point.__new__(Point)):
            self.assertIs(type(again), Point)
            self.assertFalse(is_immortal(again))


class Fallback(unittest.TestCase):
    def messages(self, code: str) -> str:
        """Return what a process logs that runs *code*."""
        program = f"import logging; logging.basicConfig(level=logging.DEBUG)\n{code}"
        command = [sys.executable, "-c", program]
        return subprocess.run(command, check=True, capture_output=True, text=True).stderr

    def test_says_so_once(self) -> None:
        said = self.messages(
            "from immortal_objects import *\n"
            "for _ in range(3): immortal([]), immortalize_heap(), is_immortal([])\n"
            "@immortal(instances=True)\n"
            "class C: pass\n"
        )
        self.assertEqual(said.count("\n"), 0 if ABLE else 1, said)
        self.assertEqual("DEBUG:immortal_objects:" in said, not ABLE)

    def test_is_silent_when_unused(self) -> None:
        self.assertEqual(self.messages("import immortal_objects"), "")

    @unittest.skipIf(ABLE, "this interpreter does it")
    def test_nothing_changes(self) -> None:
        class Plain:
            pass

        before = dict(vars(Plain))
        immortal(instances=True)(Plain)
        self.assertEqual(dict(vars(Plain)), before)
        self.assertEqual(immortalize_heap(), 0)

    def test_names(self) -> None:
        names = "before_first_fork immortal immortalize_heap is_immortal mortal_types"
        more = "Report preload_forkserver report"
        self.assertEqual(immortal_objects.__all__, sorted([*names.split(), *more.split()]))
        self.assertEqual(logging.getLogger("immortal_objects").handlers, [])


if __name__ == "__main__":
    unittest.main()
