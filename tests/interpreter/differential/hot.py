"""Random functions that run often: code that specializes, deoptimizes and is traced."""

from __future__ import annotations

import random

# What random functions work with; all are globals of the program.
SETUP = """\
class Base_N:
    kind = 1
    def __init__(self, v):
        self.x = v
        self.y = str(v)
    def m(self, a):
        return self.x
    def n(self):
        return self.y
    @property
    def p(self):
        return self.x
    @classmethod
    def c(cls, a):
        return cls.kind
    @staticmethod
    def s(a):
        return a
    def __add__(self, other):
        return self.x
    def __getitem__(self, i):
        return (self.x, i)
class Derived_N(Base_N):
    __slots__ = ("z",)
    def m(self, a):
        return super().m(a)
class Slots_N:
    __slots__ = ("x", "y", "kind")
    def __init__(self, v):
        self.x, self.y, self.kind = v, v, 0
    def m(self, a):
        return a
    def n(self):
        return 1
    p = property(lambda self: self.y)
g0_N = 3
g1_N = "text"
g2_N = [1, 2.5, "three", (4,)]
g3_N = {"a": 1, "b": [2], 3: "c"}
g4_N = (5, "six", 7.5)
objects_N = [Base_N(R(0, 9)), Derived_N(2), Slots_N(3)]
globals().update({k: v for k, v in locals().items() if k.endswith("_N")})
"""
CHANGES = (
    "globals()['g0_N'] = R(0, 999)",
    "globals()['g0_N'] = 'now a string'",
    "globals()['g1_N'] = R(0, 9) / 7",
    "globals()['later' + str(R(0, 9))] = 1",
    "globals().update({f'more{i}_N': i for i in range(R(1, 60))})",
    "globals().pop('g0_N', None)",
    "import builtins; builtins.added_N = len",
    "import builtins; builtins.abs = lambda x, abs=abs: (abs(x) if isinstance(x, int) else 0) + 1",
    "globals()['len'] = lambda x: 77",
    "globals().pop('len', None)",
    "Base_N.kind = R(0, 99)",
    "Base_N.kind = property(lambda self: 'property')",
    "Base_N.m = lambda self, a: ('other', a)",
    "Base_N.n = (lambda f: lambda self: f(self))(Base_N.n)",
    "Base_N.p = 'plain'",
    "del Base_N.p",
    "Base_N.__getattr__ = lambda self, name: 'missing ' + name",
    "Base_N.__getattribute__ = lambda self, name: object.__getattribute__(self, name)",
    "Derived_N.m = Base_N.m",
    "Derived_N.__bases__ = (type('Between_N', (Base_N,), {}),)",
    "Slots_N.extra = R(0, 9)",
    "objects_N[0].z = R(0, 9)",
    "objects_N[0].__dict__['m'] = lambda a: 'of the instance'",
    "objects_N[0].__dict__ = {'x': 'new dict'}",
    "del objects_N[0].y",
    "objects_N[1].__class__ = Base_N",
    "objects_N[0] = Derived_N(R(0, 9))",
    "objects_N[0] = Slots_N(R(0, 9))",
    "objects_N.reverse()",
    "g2_N.append(R(0, 9))",
    "g2_N[0] = 'changed'",
    "g3_N.update({i: i for i in range(R(1, 40))})",
    "g3_N.pop('a', None)",
)
TRACE = (
    "sys.setprofile(lambda *a: None)",
    "sys.settrace(lambda *a: None)",
    "sys.settrace(trace_N)",
    "sys.setprofile(None); sys.settrace(None)",
)
TRACER = """\
def trace_N(frame, event, arg):
    frame.f_trace_opcodes = True
    seen_N[event] = seen_N.get(event, 0) + 1
    return trace_N
seen_N = {}
globals().update({"trace_N": trace_N, "seen_N": seen_N})
"""
NAMES = ("a", "b", "g0_N", "g1_N", "g2_N", "g3_N", "g4_N", "o", "i")
ATTRIBUTES = ("x", "y", "kind", "p", "z", "m")


def steps(chance: random.Random) -> list[str]:
    """Return the steps of a piece: functions, calls of them, and changes of what they use."""
    count = chance.randint(1, 3)
    functions: list[str] = []
    costs: list[int] = []
    while len(functions) < count:
        text = _function(f"f{len(functions)}_N", chance, len(functions))
        cost = _cost(text, costs)
        if cost < MOST:
            functions.append(text)
            costs.append(cost)
    functions.append("globals().update({k: v for k, v in locals().items() if k[0] == 'f'})\n")
    found = [SETUP + TRACER + "".join(functions)]
    for _ in range(chance.randint(4, 14)):
        number = chance.randrange(count)
        name = f"f{number}_N"
        what = chance.random()
        if what < 0.5:
            times = chance.choice((1, 3, 9, 20, 40, 60, 120))
            times = max(min(times, MOST // costs[number]), 1)
            found.append(CALL.format(name=name, times=times, a=chance.randint(0, 9)))
        elif what < 0.85:
            found.append(chance.choice(CHANGES) + "\n")
        elif what < 0.95:
            found.append(chance.choice(TRACE) + "\nsay(sorted(seen_N))\n")
        else:
            found.append(
                f"{name}.__code__ = {name}.__code__.replace(co_name='again')\n"
                f"say({name}.__code__.co_name)\n"
            )
    return found


# As many lines as a step may run: tracing makes each of them slow.
MOST = 5_000


def _cost(text: str, costs: list[int]) -> int:
    """Return about how many lines a function runs, with those that it calls."""
    cost = text.count("\n")
    for number, one in enumerate(costs):
        cost += text.count(f"f{number}_N(") * one
    return int(cost * 4 ** text.count("for "))


CALL = """\
result = None
for _ in range({times}):
    try:
        result = {name}({a}, objects_N[_ % 3])
        result = list(result) if hasattr(result, "send") else result
    except Exception as error:
        result = error
say("{name}", show(result))
"""


def _function(name: str, chance: random.Random, known: int) -> str:
    body = _block(chance, 2, known)
    kind = chance.choice(("return b", "return b", "return (a, b, i)", "yield b"))
    if kind == "yield b" and chance.random() < 0.5:
        kind = "yield a\n    yield from [b, i]"
    return f"def {name}(a, o, b=1, *rest, k=2):\n    i = 0\n{body}    {kind}\n"


def _block(chance: random.Random, depth: int, known: int) -> str:
    lines = [_statement(chance, depth, known) for _ in range(chance.randint(1, 4))]
    return "".join(f"    {line}\n" for text in lines for line in text.rstrip().splitlines())


def _statement(chance: random.Random, depth: int, known: int) -> str:
    expr = lambda: _expression(chance, 2, known)  # noqa: E731
    if depth and chance.random() < 0.4:
        inner = _block(chance, depth - 1, known)
        other = _block(chance, depth - 1, known)
        return chance.choice(
            (
                f"for i in range({chance.randint(1, 4)}):\n{inner}",
                f"for i in g2_N:\n{inner}",
                f"if {expr()}:\n{inner}else:\n{other}",
                f"try:\n{inner}except (TypeError, AttributeError) as e:\n    b = str(e)[:20]\n",
                f"try:\n{inner}finally:\n    i = 7\n",
                f"def inner(q=a):\n    nonlocal b\n    b = q\n    return {expr()}\nb = inner()\n",
            )
        )
    return chance.choice(
        (
            f"b = {expr()}",
            f"a = {expr()}",
            f"b = [a for a in (1, 2) if {expr()}]",
            f"o.x = {expr()}",
            f"o.{chance.choice(ATTRIBUTES)} = i",
            f"b, *_, a = {expr()}, {expr()}, g4_N[0]",
            f"g3_N['a'] = {expr()}",
            f"g2_N[{chance.randint(0, 4)}] = {expr()}",
            "b = f'{a!s:.9} {i}'",
            "i += 1",
            "b = (lambda: (a, i))()",
            "a, b = b, a",
        )
    )


def _expression(chance: random.Random, depth: int, known: int) -> str:
    if not depth or chance.random() < 0.25:
        return chance.choice((*NAMES, *NAMES, str(chance.randint(0, 300)), "'s'", "2.5", "None"))
    one, two = (_expression(chance, depth - 1, known) for _ in range(2))
    forms = [
        f"o.{chance.choice(ATTRIBUTES)}", "o.m(a)", "o.n()", "o.c(a)", "o.s(i)", "o + a",
        f"g2_N[{chance.randint(0, 4)}]", "g3_N['a']", "g3_N.get(i)", "g4_N[i % 3]", "o[i]",
        f"({one} == {two})", f"({one} is {two})", f"({one} in g2_N)", f"(not {one})",
        f"({one} or {two})", f"({one} and {two})", f"({one} if {two} else i)",
        "(a + 1)", "(i - 2)", "(i * 3)", "(g0_N + i)", "(2.5 * i)", "(1.5 - i)", "(g0_N < 5)",
        "len(g2_N)", "abs(i)", "isinstance(o, Base_N)", "str(i)", "type(o).__name__", "min(i, 3)",
        "g1_N + 's'", "g1_N[0]", "(i, *g4_N)", "getattr(o, 'x', 0)", "tuple(g2_N)[:2]", "bool(b)",
    ]  # fmt: skip
    if known:
        forms.append(f"f{chance.randrange(known)}_N(i, o)")
    return chance.choice(forms)
