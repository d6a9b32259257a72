# ruff: noqa: B008, E402, F821
"""Pieces of programs: what definitions make.

Names that end in _N get the number of the piece; R(low, high) is a random number.
"""

# piece: dataclasses and enums
import dataclasses
import enum
import typing


class Colour_N(enum.Enum):
    RED = R(1, 3)
    GREEN = 4
    ALSO = 4


class Flags_N(enum.IntFlag):
    A = 1
    B = 2
    C = 4


@dataclasses.dataclass(order=True)
class Point_N:
    x: int
    y: int = R(0, 9)
    colours: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen_N:
    a: int
    b: typing.Any = None


class Pair_N(typing.NamedTuple):
    left: int
    right: str


points_N = [Point_N(R(0, 9)), Point_N(1, 2, [Colour_N.RED])]
# step
say(points_N, sorted(points_N), points_N[0] == Point_N(1))
# step
points_N.append(dataclasses.replace(points_N[-1], x=R(0, 9)))
points_N[0].colours.append(Colour_N.GREEN)
say(dataclasses.asdict(points_N[0]), dataclasses.fields(Point_N)[0].name)
# step
say(Colour_N(4), Colour_N["ALSO"], list(Colour_N), Colour_N.RED in Colour_N)
# step
say(Flags_N.A | Flags_N.C, Flags_N(R(0, 9)), ~Flags_N.B, Flags_N.A in Flags_N(3))
# step
frozen = Frozen_N(R(0, 9))
say(frozen, hash(frozen) == hash(Frozen_N(frozen.a)))
frozen.a = 3
# step
say(Pair_N(1, "x")._replace(left=R(0, 9)), Pair_N(1, "y") == (1, "y"))
# step
points_N[0].extra = 1
say(sorted(vars(points_N[0])))
# step
Colour_N(17)

# piece: finalizers
kept_N = Noisy("kept N")
cycle_N = [Noisy("in cycle N")]
cycle_N.append(cycle_N)
table_N = {"held": Noisy("in dict N"), "more": [Noisy("in list N")]}


class Holder_N:
    attribute = Noisy("class attribute N")

    def method(self, default=Noisy("default N")):
        return default.name


# step
table_N["more"].append(Noisy("mortal in list N"))
# step
Holder_N().method()
setattr(Holder_N, f"other{len(vars(Holder_N))}", Noisy("later class attribute N"))
# step
Noisy("dropped at once N")
# step
node = Noisy("mortal cycle N")
node.me = node
del node
gc.collect()
# step
if not hasattr(cycle_N[0], "partner"):
    cycle_N[0].partner = Noisy("partner N")
# step
kept_N.me = kept_N
# step
say(len(table_N), Holder_N().method())

# piece: abstract classes
import abc
import collections.abc
import typing


class Shape_N(abc.ABC):
    @abc.abstractmethod
    def area(self): ...


class Square_N(Shape_N):
    def area(self):
        return R(0, 9)


class Protocol_N(typing.Protocol):
    def area(self) -> int: ...


T_N = typing.TypeVar("T_N")


class Box_N(typing.Generic[T_N]):
    def __init__(self, value: T_N):
        self.value = value


box_N = Box_N[int](R(0, 9))
# step
say(Square_N().area(), isinstance(Square_N(), Shape_N), issubclass(list, collections.abc.Sized))
# step
Shape_N.register(list)
say(isinstance([], Shape_N), isinstance({}, Shape_N), issubclass(int, Shape_N))
# step
say(Box_N[str], box_N.__orig_class__, typing.get_type_hints(Box_N.__init__))
# step
Shape_N()


# step
class New_N(Square_N):
    def area(self):
        return super().area() + 1


# Not how many: an immortal class is one also when its name is used for another.
say(New_N().area() > 0, isinstance(New_N(), Shape_N), New_N in Square_N.__subclasses__())
# step
say(isinstance(R(0, 9), collections.abc.Hashable), isinstance({}, collections.abc.Mapping))

# piece: modules
import importlib
import types

module_N = types.ModuleType("made_N")
module_N.noisy = Noisy("in a module N")
sys.modules["made_N"] = module_N
exec("def f(x=[]):\n    x.append(y)\n    return x\ny = R(0, 9)", vars(module_N))
# step
say(module_N.f())
# step
module_N.y = "changed"
say(module_N.f(), sorted(set(vars(module_N)) & {"f", "y", "z"}))
# step
import made_N

say(made_N.noisy.name, importlib.import_module("made_N") is module_N)
# step
vars(module_N).update({f"name{i}": i for i in range(R(1, 99))})
say(module_N.name0)
# step
for name in ("colorsys", "chunk", "nturl2path", "sndhdr", "netrc", "mailcap")[: R(1, 6)]:
    __import__(name)
import colorsys

say(colorsys.rgb_to_hsv(0.1, 0.2, 0.3))
# step
import _testbuffer
import audioop

say(audioop.add(b"ab", b"cd", 1), _testbuffer.ndarray([1, 2], shape=[2]).tolist())
# step
del sys.modules["made_N"]
importlib.import_module("made_N")
# step
import textwrap

importlib.reload(textwrap)
say(textwrap.fill("some words", 5))
# step
del module_N.f
say(hasattr(module_N, "f"))
# step
say(eval(compile("[x + R(0, 9) for x in (1, 2)]", "made", "eval")))
