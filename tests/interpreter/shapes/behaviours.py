"""Shapes of code: functions, frames that wait, classes, instances and what watches them."""

# ruff: noqa: B039, RUF005, RUF012, RUF023, UP045

from __future__ import annotations

import abc
import asyncio
import collections
import contextlib
import contextvars
import dataclasses
import enum
import functools
import gc
import types
import typing
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

from containers import copies, shape

SCALE = 10


def plain(a: Any, b: Any = (1, [2]), *args: Any, c: Any = "kw", **kwargs: Any) -> Any:
    return [a, b, args, c, sorted(kwargs), SCALE]


@shape
def function() -> Iterator[Any]:
    def obj(n: int, memo: dict[int, int] = {}) -> int:  # noqa: B006
        memo[n] = n
        return n if n < 2 else obj(n - 1) + obj(n - 2)

    yield obj
    seen = [obj(12), len(obj.__defaults__[0])]
    obj.attribute = [1]
    obj.__defaults__ = ({},)
    obj.__doc__ = "changed"
    obj.__name__ = "renamed"
    obj.__code__ = (lambda n, memo: n * 2).__code__ if not obj.__closure__ else obj.__code__
    yield [*seen, obj(5), obj.attribute, obj.__doc__, obj.__name__, obj.__annotations__]


@shape
def function_of_module() -> Iterator[Any]:
    global SCALE
    yield plain
    seen = [plain(1), plain(1, 2, 3, c=4, d=5)]
    SCALE = 11
    plain.__kwdefaults__["c"] = "changed"
    seen.append(plain(1))
    for i in range(100):  # warms it up, so that it is specialised
        plain(i, i, i, d=i)
    seen.append(dict(plain.__kwdefaults__))
    plain.__kwdefaults__["c"] = "kw"
    SCALE = 10
    yield seen


@shape
def closure() -> Iterator[Any]:
    total = [0]
    count = 0

    def obj(n: int) -> int:
        nonlocal count
        count += n
        total[0] += n
        return count

    yield obj
    for i in range(100):
        obj(i)
    obj.__closure__[0].cell_contents = 5
    yield [obj(1), total, count, len(obj.__closure__)]


@shape
def lambdas_and_partials() -> Iterator[Any]:
    obj = [lambda x=[1]: x, functools.partial(plain, 1, c=[2]), functools.partialmethod(plain)]
    yield obj
    obj[0]().append(2)
    obj[1].keywords["c"].append(3)
    yield [obj[0](), obj[1](), functools.partial(obj[1], 7)(), obj[1].func is plain]


@shape
def caches() -> Iterator[Any]:
    @functools.lru_cache(maxsize=10)
    def obj(n: Any) -> list[Any]:
        return [n]

    @functools.singledispatch
    def single(value: Any) -> str:
        return "any"

    single.register(int, lambda value: "int")
    first = obj(1)
    yield [obj, single]
    for i in range(30):
        obj(i % 13)
    single.register(list, lambda value: "list")
    yield [obj.cache_info(), obj(1) == first, obj.cache_clear(), single(1), single([]), single("")]


@shape
def code_object() -> Iterator[Any]:
    source = "def f(a, *, b=(1, 2, ('x', frozenset({3})))):\n    return [a, b, lambda: a]\n"
    source += "result = f(9)\n"
    obj = compile(source, "made-" + str(len(source)), "exec")
    yield obj
    space: dict[str, Any] = {}
    exec(obj, space)
    other = obj.replace(co_name="other", co_consts=obj.co_consts)
    exec(other, space)
    lines = [line for *_, line in obj.co_lines()]
    yield [space["result"][:2], space["result"][2](), other.co_name, lines, obj == obj.replace()]


def producer(n: int) -> Iterator[Any]:
    held = [n]
    try:
        while True:
            held.append((yield len(held)))
            if held[-1] == "stop":
                return held
    except ValueError as error:
        yield f"caught {error}"
    finally:
        held.append("finally")
        LOG.append(len(held))


LOG: list[Any] = []


@shape
def generator_half_way() -> Iterator[Any]:
    obj = producer(1)
    next(obj)
    yield obj
    seen: list[Any] = [obj.send([i]) for i in range(5)]
    seen.append(obj.gi_frame.f_locals["n"])
    seen.append(obj.throw(ValueError("thrown")))
    seen.append(list(obj))
    yield [seen, obj.gi_frame, LOG]


@shape
def generator_delegating() -> Iterator[Any]:
    def outer() -> Iterator[Any]:
        result = yield from producer(1)
        yield ["result", result]

    obj = outer()
    next(obj)
    yield obj
    yield [obj.send("a"), obj.send("stop"), list(obj), LOG]


@shape
def generator_closed() -> Iterator[Any]:
    obj = [producer(i) for i in range(3)]
    next(obj[0]), next(obj[1])
    yield obj
    obj[0].close()
    obj[1].close()
    yield [LOG, next(obj[2]), obj.pop().send("stop") if False else len(obj)]


@shape
def generator_expressions() -> Iterator[Any]:
    obj = (x * y for x in range(3) for y in [1, 2])
    next(obj)
    yield obj
    yield [list(obj), sum(i for i in range(10))]


@types.coroutine
def pause(value: Any) -> Any:
    return (yield value)


async def waits(n: int) -> Any:
    got = []
    for i in range(n):
        got.append(await pause([i]))
    return got


@shape
def coroutine_half_way() -> Iterator[Any]:
    obj = waits(3)
    obj.send(None)
    yield obj
    seen: list[Any] = [obj.send("a"), obj.send("b")]
    try:
        obj.send("c")
    except StopIteration as stop:
        seen.append(stop.value)
    yield seen


@shape
def coroutine_closed() -> Iterator[Any]:
    obj = waits(3)
    obj.send(None)
    yield obj
    obj.close()
    yield [obj.cr_frame, obj.cr_await]


async def numbers(n: int) -> AsyncIterator[Any]:
    try:
        for i in range(n):
            await asyncio.sleep(0)
            yield [i]
    finally:
        LOG.append("closed")


@shape
def async_generator_half_way() -> Iterator[Any]:
    loop = asyncio.new_event_loop()
    obj = numbers(5)
    first = loop.run_until_complete(obj.__anext__())
    yield obj

    async def rest() -> list[Any]:
        return [item async for item in obj]

    seen = [first, loop.run_until_complete(rest()), LOG]
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    yield seen


@shape
def event_loop() -> Iterator[Any]:
    obj = asyncio.new_event_loop()
    queue: asyncio.Queue[Any] = asyncio.Queue()

    async def worker(name: str) -> list[Any]:
        got = []
        while (item := await queue.get()) is not None:
            got.append(item)
            await asyncio.sleep(0)
        return [name, got]

    tasks = [obj.create_task(worker(name)) for name in "ab"]
    obj.run_until_complete(asyncio.sleep(0))
    yield [obj, tasks, queue]

    async def feed() -> Any:
        for i in range(10):
            await queue.put([i])
        await queue.put(None)
        await queue.put(None)
        async with asyncio.timeout(30):
            return await asyncio.gather(*tasks)

    result = obj.run_until_complete(feed())
    obj.close()
    yield result


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


class Node:
    def __init__(self, n: Any) -> None:
        self.n = n
        self.children: list[Any] = []

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def bump(self) -> int:
        self.n += 1
        return self.n


class SlotNode:
    __slots__ = ("__dict__", "__weakref__", "n")

    def __init__(self, n: Any) -> None:
        self.n = n

    def __eq__(self, other: Any) -> bool:
        return self.n == other.n and self.__dict__ == other.__dict__


@shape
def instances_sharing_keys() -> Iterator[Any]:
    obj = [Node(i) for i in range(50)]
    yield obj
    for i, node in enumerate(obj):
        node.children.append(obj[i - 1])
        if i % 2:
            node.extra = i
        if i % 3 == 0:
            del node.n
        if i % 5 == 0:
            node.__dict__["through dict"] = node
        if i % 7 == 0:
            node.__dict__ = {"n": 1, "children": []}
    more = [Node(i) for i in range(10)]
    yield [[sorted(node.__dict__) for node in obj], copies(more), len(vars(more[0]))]


@shape
def instance_with_slots_and_dict() -> Iterator[Any]:
    obj = SlotNode([1])
    yield obj
    obj.n.append(2)
    obj.free = "x"
    obj.__dict__["y"] = 2
    seen = [copies(obj), obj.n, obj.__dict__]
    del obj.n
    obj.__dict__ = {}
    yield [*seen, hasattr(obj, "n"), hasattr(obj, "free")]


@shape
def instance_that_changes_class() -> Iterator[Any]:
    class Other(Node):
        def bump(self) -> int:
            return -1

    obj = Node(1)
    yield obj
    seen = [obj.bump()]
    obj.__class__ = Other
    seen.append(obj.bump())
    obj.__class__ = Node
    yield [*seen, obj.bump(), obj.__dict__]


@shape
def bound_methods() -> Iterator[Any]:
    node = Node(1)
    obj = [node.bump, [1].append, "abc".upper, {}.__setitem__, Node.bump.__get__(node), len]
    yield obj
    obj[1](5)
    obj[3](1, 2)
    yield [obj[0](), obj[4](), obj[1].__self__, obj[2](), obj[3].__self__, node.n, obj[0] == obj[4]]


@shape
def method_caches() -> Iterator[Any]:
    obj = Node(0)
    yield obj
    seen = []
    for turn in range(60):
        seen.append(obj.bump())
        if turn == 30:
            original, Node.bump = Node.bump, lambda self: -self.n
    Node.bump = original
    yield [seen, obj.bump()]


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


@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: list[Any] = dataclasses.field(default_factory=list, compare=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    x: int
    y: tuple[Any, ...] = ()


@shape
def dataclass_instances() -> Iterator[Any]:
    obj = [Point(1, [2]), Point(0), Frozen(1, ([1],)), Point, Frozen]
    yield obj
    obj[0].y.append(obj[1])
    obj[1].x = 7
    obj[1].new = 1
    try:
        obj[2].x = 2
    except dataclasses.FrozenInstanceError:
        obj[2].y[0].append("frozen")
    yield [
        repr(obj[:3]),
        obj[0] < obj[1],
        copies(obj[0]),
        copies(obj[2]),
        dataclasses.asdict(obj[0]),
        dataclasses.replace(obj[2], x=5),
        obj[3](9),
    ]


Pair = collections.namedtuple("Pair", "left right", defaults=[None])


class Typed(typing.NamedTuple):
    a: int
    b: list[Any] = []


@shape
def namedtuples() -> Iterator[Any]:
    obj = [Pair(1, [2]), Typed(3), Pair, Typed]
    yield obj
    obj[0].right.append(3)
    yield [
        repr(obj[:2]),
        copies(obj[0]),
        obj[0]._replace(left=5),
        obj[2](8),
        obj[3](4, [1])._asdict(),
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
def weakrefs_and_callbacks() -> Iterator[Any]:
    called: list[Any] = []
    mortal, target, keep = Node(1), Node(2), [SlotKey(1)]
    obj = [
        weakref.ref(target, lambda _: called.append("target")),
        weakref.ref(mortal, lambda _: called.append("mortal")),
        weakref.WeakMethod(target.bump),
        weakref.proxy(target),
        weakref.WeakValueDictionary({"target": target}),
        weakref.WeakKeyDictionary({keep[0]: [1]}),
        weakref.WeakSet(),
    ]
    yield obj
    obj[6].add(keep[0])
    late = Node("late")
    later = weakref.ref(late, lambda _: called.append("late"))
    obj[4]["late"] = late
    del late
    gc.collect()
    seen = [called[:], obj[0]() is target, obj[1]() is mortal, obj[2]()(), obj[3].n, later()]
    yield [*seen[1:], "late" in called, sorted(obj[4]), len(obj[5]), len(obj[6]), keep[0].n]


class SlotKey:
    __slots__ = ("__weakref__", "n")

    def __init__(self, n: int) -> None:
        self.n = n


@shape
def exceptions_with_tracebacks() -> Iterator[Any]:
    def fail(n: int) -> None:
        local = [n]
        if n:
            fail(n - 1)
        raise ValueError(local) from KeyError("cause")

    try:
        fail(3)
    except ValueError as error:
        obj = error
    yield obj
    depth, tb = 0, obj.__traceback__
    while tb:
        depth, tb = depth + 1, tb.tb_next
    obj.add_note("note")
    try:
        raise obj
    except ValueError as again:
        same = again is obj
    group = ExceptionGroup("group", [obj, TypeError("t")])  # noqa: F821
    seen = [
        obj.args,
        repr(obj.__cause__),
        depth,
        same,
        obj.__notes__,
        repr(group.split(TypeError)[0]),
    ]
    obj.__traceback__ = None
    yield seen


@shape
def frames() -> Iterator[Any]:
    def inner(value: Any) -> Any:
        import sys

        return sys._getframe()

    obj = inner([1])
    yield [obj]  # in a list, because a frame itself never becomes immortal
    obj.f_locals["value"].append(2)
    seen = [obj.f_locals["value"], obj.f_code.co_name, obj.f_lineno > 0, obj.f_back is not None]
    obj.clear()
    yield seen


@shape
def context_managers_and_variables() -> Iterator[Any]:
    variable: contextvars.ContextVar[Any] = contextvars.ContextVar("v", default=[0])
    token = variable.set([1])
    context = contextvars.copy_context()
    stack = contextlib.ExitStack()
    stack.callback(LOG.append, "exit")
    yield [variable, context, stack, token]
    variable.set([2])
    seen = [context[variable], context.run(variable.get), variable.get()]
    context.run(variable.set, [3])
    variable.reset(token)
    stack.close()
    yield [*seen, context[variable], variable.get(), LOG]


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
