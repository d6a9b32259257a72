"""What all shapes share: where they register, and what is done with each."""

from __future__ import annotations

import copy
import pickle
from typing import Any

SHAPES: dict[str, Any] = {}
LOG: list[Any] = []  # for what is said while a shape ends


def shape(function: Any) -> Any:
    """Register a shape: a generator that yields an object, then what using it gave."""
    SHAPES[function.__name__.strip("_")] = function
    return function


def copies(obj: Any) -> list[bool]:
    """Return whether shallow, deep and pickled copies of *obj* equal it."""
    made = [copy.copy(obj), copy.deepcopy(obj)]
    made += [pickle.loads(pickle.dumps(obj, n)) for n in range(2, 6)]
    return [other == obj and type(other) is type(obj) for other in made]
