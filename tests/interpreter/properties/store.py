"""The store that the steps of random programs work on, and their register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SLOTS = 6
LIMIT = 64  # no container grows beyond, and no copy is made of more objects
Store = dict[str, Any]
STEPS: dict[str, Callable[[Store, int, int, int], Any]] = {}


def step(function: Callable[[Store, int, int, int], Any]) -> Callable[..., Any]:
    STEPS[function.__name__] = function
    return function


def room(obj: Any) -> Any:
    """Return *obj*; raise OverflowError if it must not grow."""
    if hasattr(obj, "__len__") and len(obj) >= LIMIT:
        raise OverflowError("large enough")
    return obj


def find(s: Store, start: int, *names: str) -> int:
    """Return the first slot from *start* on whose object has one of the attributes, or *start*."""
    for offset in range(SLOTS):
        slot = (start + offset) % SLOTS
        if any(hasattr(s["slots"][slot], name) for name in names):
            return slot
    return start
