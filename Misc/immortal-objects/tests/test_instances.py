"""@immortal(instances=True): which instances become immortal, and when."""

from __future__ import annotations

import abc
import copy
import functools
import inspect
import pickle
import typing
import unittest
from typing import Any, Generic, TypeVar

from programs import ABLE, Checks, Point

from immortal_objects import immortal, is_immortal

T = TypeVar("T")


class Instances(Checks):
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

    def test_pickle_and_copy(self) -> None:
        point = Point(1, 5)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(point, protocol))
            self.assertEqual((type(again), vars(again)), (Point, vars(point)))
            self.assertFalse(is_immortal(again))
        for again in (copy.copy(point), copy.deepcopy(point), Point.__new__(Point)):
            self.assertIs(type(again), Point)
            self.assertFalse(is_immortal(again))


if __name__ == "__main__":
    unittest.main()
