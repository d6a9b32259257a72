"""Shapes of classes, descriptors, types to annotate with, and modules."""

# ruff: noqa: RUF005, RUF023, UP045

from __future__ import annotations

import abc
import collections
import enum
import functools
import gc
import types
import typing
import weakref
from collections.abc import Iterator
from typing import Any

from functions import plain
from registry import copies, shape


class Meta(type):
    made: typing.ClassVar[list[str]] = []

    def __new__(mcls, name: str, bases: Any, space: Any, **kwargs: Any) -> Any:
        space["from_meta"] = [name, sorted(kwargs)]
        cls = super().__new__(mcls, name, bases, space)
        mcls.made.append(name)
        return cls

    def __init__(cls, name: str, bases: Any, space: Any, **kwargs: Any) -> None:
        super().__init__(name, bases, space)

    def __call__(cls, *args: Any) -> Any:
        instance = super().__call__(*args)
        instance.__dict__["called"] = True
        return instance

    def __iter__(cls) -> Iterator[str]:
        return iter(cls.from_meta)

    @property
    def upper(cls) -> str:
        return cls.__name__.upper()


class WithMeta(metaclass=Meta, flag=1):
    value: typing.ClassVar[list[Any]] = [1]

    def __init__(self, n: Any = 0) -> None:
        self.n = n

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def method(self) -> Any:
        return self.n

    @classmethod
    def make(cls) -> Any:
        return cls(5)

    @staticmethod
    def static() -> str:
        return "static"

    @property
    def double(self) -> Any:
        return self.n * 2

    @functools.cached_property
    def cached(self) -> Any:
        return [self.n]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        cls.registered = sorted(kwargs)


@shape
def class_with_metaclass() -> Iterator[Any]:
    class Obj(WithMeta):
        pass

    yield Obj
    seen: list[Any] = [Obj(3).method(), Obj.make().double, Obj.static(), list(Obj), Obj.upper]
    Obj.method = lambda self: ["replaced", self.n]
    Obj.added = 5
    seen += [Obj(4).method(), Obj.added, Obj(6).cached, isinstance(Obj(1), WithMeta)]
    del Obj.added

    class Sub(Obj, key=1):
        def method(self) -> Any:
            return ["sub", super().method()]

    seen += [Sub(7).method(), Sub.registered, [c.__name__ for c in Sub.__mro__]]
    seen += [[c.__name__ for c in Obj.__subclasses__()], hasattr(Obj, "added"), Meta.made]
    del Sub
    gc.collect()
    WithMeta.method = lambda self: "base replaced"
    Obj.__bases__ = (WithMeta,)
    del Obj.method
    yield [*seen, Obj(1).method(), WithMeta(1).method(), copies(WithMeta(2))]


@shape
def class_with_slots() -> Iterator[Any]:
    class Base:
        __slots__ = ("a", "__weakref__")

    class Obj(Base):
        __slots__ = ("b",)

        def __init__(self) -> None:
            self.a, self.b = [1], {}

    yield Obj
    made = [Obj() for _ in range(50)]
    for obj in made:
        obj.b[1] = weakref.ref(obj)
        del obj.a
    yield [all(obj.b[1]() is obj for obj in made), hasattr(made[0], "a"), Obj.a.__name__]


class Abstract(abc.ABC):
    @abc.abstractmethod
    def required(self) -> Any: ...


@shape
def abstract_classes_and_protocols() -> Iterator[Any]:
    @typing.runtime_checkable
    class Sized(typing.Protocol):
        def size(self) -> int: ...

    class Has:
        def size(self) -> int:
            return 1

    obj = [Abstract, Sized, Has]
    isinstance(Has(), Sized), isinstance(1, Abstract)
    yield obj
    Abstract.register(Has)
    seen = [isinstance(Has(), Abstract), isinstance(Has(), Sized), issubclass(int, Abstract)]

    class Concrete(Abstract):
        def required(self) -> Any:
            return 3

    try:
        Abstract()
    except TypeError:
        seen.append("TypeError")
    yield [*seen, Concrete().required(), isinstance([], collections.abc.Sequence)]


class Colour(enum.Enum):
    RED = 1
    GREEN = "green"

    def describe(self) -> str:
        return f"{self.name}!"


class Bits(enum.IntFlag):
    A = 1
    B = 2


@shape
def enums() -> Iterator[Any]:
    yield [Colour, Bits]
    Made = enum.Enum("Made", "X Y")
    yield [
        [copies(member) for member in Colour],
        Colour(1).describe(),
        Colour["GREEN"] is Colour.GREEN,
        Bits.A | Bits.B,
        ~Bits.A,
        Bits(8),
        list(Made),
        {Colour.RED: 1}[Colour("green") and Colour.RED],
    ]


T = typing.TypeVar("T")


class Generic(typing.Generic[T]):
    pass


@shape
def typing_objects() -> Iterator[Any]:
    obj = [list[int], int | None, Generic[int], typing.Optional[str], typing.Callable[[int], T]]
    yield obj
    yield [
        repr(obj),
        copies(obj),
        obj[4][str],
        typing.get_type_hints(plain)["return"] is Any,
        Generic[str]().__orig_class__,
        isinstance(3, obj[1]),
    ]


@shape
def modules() -> Iterator[Any]:
    obj = types.ModuleType("made", "doc")
    exec("import sys\nvalue = [1]\ndef f():\n    return value, sys.maxsize > 0\n", obj.__dict__)
    yield obj
    obj.value.append(2)
    obj.value = obj.value + [3]
    obj.me = obj
    seen = [obj.f(), sorted(k for k in vars(obj) if k[:2] != "__"), repr(obj)]
    del obj.f
    yield [*seen, hasattr(obj, "f")]


@shape
def descriptors() -> Iterator[Any]:
    class Field:
        def __set_name__(self, owner: Any, name: str) -> None:
            self.name = name

        def __get__(self, instance: Any, owner: Any) -> Any:
            return self if instance is None else instance.__dict__.get(self.name, [])

        def __set__(self, instance: Any, value: Any) -> None:
            instance.__dict__[self.name] = [value]

    class Obj:
        a, b = Field(), Field()
        p = property(lambda self: self.a, lambda self, v: setattr(self, "b", v))

        def __getattr__(self, name: str) -> Any:
            return f"no {name}"

    obj = Obj()
    obj.a = 1
    yield [obj, Obj]
    obj.a = obj.p
    obj.p = 9
    yield [obj.a, obj.b, obj.missing, Obj.a.name, sorted(obj.__dict__)]
