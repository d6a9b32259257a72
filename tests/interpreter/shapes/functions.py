"""Shapes of code that is called: functions, closures, caches, code objects."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from registry import shape

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
