"""nomemory.py WHAT HOW: let each allocation fail in turn while something becomes immortal.

WHAT is "one" (gc.immortalize) or "heap" (gc.immortalize_heap); HOW is "once" (the Nth allocation
fails, those after it don't) or "from" (all from the Nth on fail). Each N has a forked child of its
own, so that each begins with the same heap, and all that the call does is done again. It ends when
the call did not come to so many allocations. Prints how often it failed, and how often not.

Needs a process without other threads, and _testcapi.
"""

from __future__ import annotations

import _testcapi
import gc
import os
import sys
import weakref
from typing import Any

# So often in a row the failing allocation has to come too late: then none is left to fail.
ENOUGH = 5


class Plain:
    """With a __dict__, a finalizer, and a reference to itself."""

    def __init__(self, number: int) -> None:
        self.number = [number]
        self.me = self
        self.name = f"plain {number}"

    def method(self, default: tuple[str, ...] = ("a", "b" * 3)) -> int:
        return len(default)

    def __del__(self, seen: list[list[int]] = []) -> None:  # noqa: B006
        seen.append(self.number)


class Slots:
    __slots__ = ("__weakref__", "value")

    def __init__(self, value: object) -> None:
        self.value = value


class Table(dict[str, object]):
    pass


def numbers(count: int) -> Any:
    yield from range(10**12, 10**12 + count)


def closure(value: list[int]) -> Any:
    def inner(more: int = 10**15) -> int:
        return value[0] + more

    return inner


def make() -> dict[str, Any]:
    """Return objects of many kinds, with what the walk finds in special ways."""
    deep: Any = ()
    for number in range(500):
        deep = (deep, [number * 10**9])
    started = numbers(3)
    next(started)
    codes = [compile(f"a + {number}", "file", "eval") for number in range(20)]
    more = [codes[0].replace(co_consts=(f"constant {number}",)) for number in range(3000)]
    made = type("Made", (Plain,), {"attribute": ["made"], "__doc__": "a class made late"})
    return {
        "deep": deep,
        "generator": started,
        "codes": codes,
        "more codes": more,
        "class": made,
        "instances": [made(number) for number in range(20)],
        "slots": [Slots(bytes([number]) * 50) for number in range(20)],
        "table": Table({f"key {number}": {number, -number} for number in range(20)}),
        "closure": closure([5]),
        "views": {"text": "naïve".encode(), "range": range(10**20, 10**21)},
        "method": made(-1).method,
    }


def check(data: dict[str, Any]) -> None:
    """Use all that make() made; AssertionError if anything is lost."""
    deep, count = data["deep"], 0
    while deep:
        deep, (number,) = deep
        count += number // 10**9
    assert count == sum(range(500))
    assert [eval(code, {"a": 1}) for code in data["codes"]] == list(range(1, 21))
    assert [one.number[0] for one in data["instances"]] == list(range(20))
    assert all(one.me is one and type(one) is data["class"] for one in data["instances"])
    assert [one.value[:1] for one in data["slots"]] == [bytes([number]) for number in range(20)]
    assert data["table"]["key 7"] == {7, -7} and len(data["table"]) == 20
    assert data["closure"]() == 10**15 + 5 and data["method"]() == 2
    assert data["class"].attribute == ["made"] and data["views"]["range"][-1] == 10**21 - 1
    assert data["class"](9).method() == 2


def work(what: str) -> None:
    """The call, with nothing around it that allocates."""
    if what == "heap":
        gc.immortalize_heap()  # type: ignore[attr-defined]
    else:
        gc.immortalize(data)  # type: ignore[attr-defined]


def attempt(what: str, how: str, number: int) -> int:
    """Make the call with allocation *number*, from 0, failing; return 1 if it failed, else 0 or 2.

    It is 2 if the allocation that was to fail has not come yet when the call returns.
    """
    watched = weakref.ref(data["slots"][0])
    mortal = Slots([1])
    dies = weakref.ref(mortal)
    result = 0
    _testcapi.set_nomemory(number, number + 1 if how == "once" else 0)
    try:
        work(what)
        # Whether it is still to come: then one of these fails.
        try:
            for _ in range(number + 10):
                bytes(1000 + number)
        except MemoryError:
            result = 2
    except MemoryError:
        result = 1
    finally:
        _testcapi.remove_mem_hooks()
    check(data)
    gc.collect()
    check(data)
    # What is still mortal is freed as ever; what was to stay stays.
    before = gc.is_immortal(mortal)  # type: ignore[attr-defined]
    del mortal
    gc.collect()
    assert before or dies() is None
    assert watched() is data["slots"][0]
    # With memory all goes well. (gc.immortalize() itself does not look into what is immortal.)
    work("heap")
    for name in data:
        stays = isinstance(data[name], gc.mortal_types())  # type: ignore[attr-defined]
        assert gc.is_immortal(data[name]) is not stays, name  # type: ignore[attr-defined]
    assert gc.is_immortal(data["deep"][0][0][1][0])  # type: ignore[attr-defined]
    check(data)
    return result


def main() -> None:
    what, how = sys.argv[1:]
    counts, number, too_late = [0, 0, 0], 0, 0
    while too_late < ENOUGH:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            sys.exit(10 + attempt(what, how, number))  # finalization is part of it
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status not in (10, 11, 12):
            sys.exit(f"allocation {number}, failing {how}: the child ended with {status}")
        counts[status - 10] += 1
        too_late = too_late + 1 if status == 12 else 0
        number += 1
    print(counts[1], "failed,", counts[0], "went well without the allocation")


if __name__ == "__main__":
    data = make()
    check(data)
    gc.collect()
    main()
