"""Loops in which the interpreter does little but count references."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import repeat

import pyperf

SIZE = 1000


def iterate(over: Iterable[object]) -> Callable[[], None]:
    """Return what goes once through *over*."""

    def loop() -> None:
        for _ in over:
            pass

    return loop


def copy_list(values: list[object]) -> Callable[[], None]:
    """Return what makes a copy of *values*, twice: a count for each, up and down."""

    def loop() -> None:
        values[:]
        values[:]

    return loop


def singletons() -> None:
    """Load, store, compare and return objects that are immortal from the start."""
    value: object = None
    for _ in repeat(None, SIZE):
        value = None
        if value is None:
            value = True
        if value is not False:
            value = 7
        if value == 7:
            value = ""


def nothing(first: object, second: object) -> None:
    """Take two arguments and return None."""


def calls() -> None:
    """Call a function of two arguments."""
    value = object()
    for _ in repeat(None, SIZE):
        nothing(value, value)


class Point:
    """An instance with two attributes and a method."""

    def __init__(self, x: float, y: float) -> None:
        self.x = x
        self.y = y

    def moved(self, by: float) -> Point:
        return Point(self.x + by, self.y)


def instances() -> None:
    """Make instances, read their attributes, and let go of them."""
    point = Point(0.5, 1.5)
    for _ in repeat(None, SIZE):
        point = point.moved(0.25)


def swap() -> None:
    """Pack and unpack tuples and lists."""
    first, second, third = object(), object(), object()
    for _ in repeat(None, SIZE):
        first, second, third = second, third, first
        pair = (first, second)
        [third, first] = pair


# Floats are mortal; the same in stock and patched.
VALUES = [number + 0.5 for number in range(SIZE)]
BENCHMARKS: dict[str, Callable[[], None]] = {
    "iterate_list": iterate(VALUES),
    "iterate_tuple": iterate(tuple(VALUES)),
    "iterate_dict": iterate(dict.fromkeys(VALUES)),
    "iterate_set": iterate(set(VALUES)),
    "iterate_items": iterate({value: value for value in VALUES}.items()),
    "copy_list": copy_list(list(VALUES)),
    "copy_list_of_none": copy_list([None] * SIZE),
    "singletons": singletons,
    "calls": calls,
    "instances": instances,
    "swap": swap,
}

if __name__ == "__main__":
    runner = pyperf.Runner()
    runner.metadata["description"] = "Loops that count references"
    for name, function in BENCHMARKS.items():
        runner.bench_func(name, function)
