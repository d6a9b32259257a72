"""@immortal(instances=True) beside what else makes classes and their __init__."""

from __future__ import annotations

import ctypes
import dataclasses
import enum
import inspect
import sys
import unittest
from typing import Any, NamedTuple, Protocol

from programs import Checks, Point

from immortal_objects import immortal, is_immortal


class Beside(Checks):
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


if __name__ == "__main__":
    unittest.main()
