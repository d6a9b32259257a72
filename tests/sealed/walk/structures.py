"""Classes, containers, and functions on functions."""

from __future__ import annotations

import abc
import bisect
import collections
import collections.abc
import contextlib
import copy
import dataclasses
import enum
import functools
import graphlib
import heapq
import itertools
import operator
import pickle
import types
import typing
import weakref


class Colour(enum.Enum):
    RED = 1
    BLUE = "blue"
    CRIMSON = 1


class Access(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()
    ADMIN = READ | WRITE


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: float = 0.5
    tags: list[str] = dataclasses.field(default_factory=list, compare=False)


@dataclasses.dataclass(frozen=True)
class Key:
    kind: str
    number: int


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self) -> float: ...


class Square(Shape):
    def __init__(self, side: float) -> None:
        self.side = side

    @property
    def area(self) -> float:  # type: ignore[override]
        return self.side**2

    @functools.cached_property
    def cached(self) -> float:
        return self.side * 4


class Registered:
    def __len__(self) -> int:
        return 3


Shape.register(Registered)
Pair = collections.namedtuple("Pair", "first second")


class Movie(typing.TypedDict):
    name: str
    year: int | None


@typing.runtime_checkable
class Sized(typing.Protocol):
    def __len__(self) -> int: ...


POINTS = [Point(number % 7, number / 3, [str(number)]) for number in range(40)]
KEYS = [Key("kind", number) for number in range(20)]
SQUARES = [Square(number) for number in range(20)]
HAMLET = "to be or not to be that is the question whether tis nobler"
WORDS = HAMLET.split()
COUNTS = collections.Counter(WORDS)
ORDERED = collections.OrderedDict((word, len(word)) for word in WORDS)
CHAIN = collections.ChainMap({"a": 1}, {"a": 2, "b": 3})
NESTED = {"list": [1, [2, [3]]], "points": POINTS[:5], "set": {1, 2}}
GRAPH = {"d": {"b", "c"}, "b": {"a"}, "c": {"a"}}
SORTED = list(range(0, 1000, 7))


@functools.lru_cache(maxsize=64)
def fibonacci(number: int) -> int:
    return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)


@functools.singledispatch
def describe(value: object) -> str:
    return "object"


@describe.register
def _(value: int) -> str:
    return "int"


@describe.register
def _(value: list) -> str:  # type: ignore[type-arg]
    return "list"


@contextlib.contextmanager
def nesting(name: str) -> typing.Iterator[str]:
    yield name


def work_enum() -> object:
    flags = Access.READ | Access.WRITE
    names = [colour.name for colour in Colour] + [Colour("blue").name, Colour["RED"].name]
    return (
        names,
        flags is Access.ADMIN,
        Access.READ in flags,
        repr(Access(2)),
        Level.LOW < Level.HIGH,
    )


def work_dataclasses() -> object:
    moved = [dataclasses.replace(point, x=point.x + 1) for point in POINTS]
    table = {key: key.number for key in KEYS}
    return (
        sorted(moved)[0],
        dataclasses.asdict(moved[3]),
        table[KEYS[5]],
        [field.name for field in dataclasses.fields(Point)],
    )


def change_dataclasses() -> object:
    return repr(POINTS[0])  # which notes in a set that it is under way


def work_collections() -> object:
    queue = collections.deque(WORDS, maxlen=5)
    queue.rotate(2)
    groups = collections.defaultdict(list)
    for word in WORDS:
        groups[len(word)].append(word)
    counts = COUNTS + collections.Counter("ab")
    pairs = [Pair(word, len(word))._replace(second=0) for word in WORDS]
    return (
        list(queue),
        dict(groups),
        counts.most_common(3),
        pairs,
        list(ORDERED),
        CHAIN["b"],
        dict(CHAIN),
    )


def work_functools() -> object:
    partial = functools.partial(int, base=2)
    ordered = sorted(WORDS, key=functools.cmp_to_key(lambda a, b: len(a) - len(b)))
    return (
        fibonacci(60),
        partial("101"),
        ordered,
        describe(3),
        describe([]),
        describe(""),
        (
            functools.reduce(operator.add, range(10)),
            [Square(side).cached for side in range(3)],
        ),
    )


def work_itertools() -> object:
    groups = [(key, len(list(run))) for key, run in itertools.groupby(sorted(WORDS), key=len)]
    return (
        groups,
        list(itertools.combinations(range(5), 2)),
        list(itertools.accumulate(SORTED)),
        list(itertools.zip_longest(WORDS, SORTED[:3])),
    )


def work_heapq() -> object:
    heap = list(SORTED)
    heapq.heapify(heap)
    heapq.heappush(heap, 3)
    return (
        [heapq.heappop(heap) for _ in range(5)],
        heapq.nlargest(3, SORTED),
        list(heapq.merge(SORTED[:5], SORTED[2:7])),
    )


def work_bisect() -> object:
    return [bisect.bisect(SORTED, value) for value in (0, 5, 700, 2000)]


def work_copy() -> object:
    deep = copy.deepcopy(NESTED)
    return deep["points"] == NESTED["points"], copy.copy(POINTS[0]), copy.copy(SQUARES[2]).side


def work_pickle() -> object:
    dumped = [pickle.dumps((POINTS, KEYS, Colour.RED, ORDERED, Level.LOW), n) for n in range(6)]
    return [len(pickle.loads(dump)) for dump in dumped], len(dumped[5])


def work_graphlib() -> object:
    return list(graphlib.TopologicalSorter(GRAPH).static_order())[::3]


def work_abc() -> object:
    try:
        Shape()  # type: ignore[abstract]
    except TypeError as error:
        message = str(error)
    return (
        message,
        isinstance(SQUARES[0], Shape),
        issubclass(Registered, Shape),
        isinstance(3, Shape),
        (
            isinstance(WORDS, collections.abc.Sequence),
            isinstance(Registered(), collections.abc.Sized),
            sum(square.area for square in SQUARES),
        ),
    )


def change_types() -> object:
    space = types.SimpleNamespace(a=1, b=[2])
    proxy = types.MappingProxyType(NESTED)
    made = types.new_class("Made", (Square,), {}, lambda body: body.update(extra=1))
    return (
        repr(space),
        sorted(proxy),
        made(3).area,
        made.__mro__[1] is Square,
        types.FunctionType(fibonacci.__wrapped__.__code__, {}).__name__,
    )


def change_typing() -> object:
    hints = typing.get_type_hints(Movie)
    union = typing.Optional[typing.Union[int, str]]  # noqa: UP007, UP045
    return (
        str(hints),
        str(union),
        typing.get_args(dict[str, list[int]]),
        isinstance(WORDS, Sized),
        str(typing.Callable[[int], str]),
    )


def work_contextlib() -> object:
    with contextlib.ExitStack() as stack, contextlib.suppress(KeyError):
        names = [stack.enter_context(nesting(word)) for word in WORDS[:4]]
        NESTED["nowhere"]
    return names


def work_weakref() -> object:
    values = weakref.WeakValueDictionary()
    owner = Square(2)
    values["it"] = owner
    references = [weakref.ref(owner), weakref.proxy(owner)]
    alive = [weakref.ref(square)() is square for square in SQUARES]
    found = values["it"] is owner, references[0]() is owner
    del owner
    return found, "it" in values, all(alive)
