"""What became immortal, what stayed mortal and why, and which modules write to it all the same."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _backend

# How many types the text has of each table.
ROWS = 20
REASONS = {
    "mortal type": "its type is in `mortal`",
    "running": "it is running: a frame or a generator",
    "unfinished": "only C code refers to it",
    "later": "it was made later",
    "unknown": "no immortal object refers to it, or it was made later",
}


@dataclass(frozen=True)
class Report:
    """What report() found.

    *backend* is "gc" (the interpreter's own), "extension", or "nothing"; then *reason* says why.
    *immortal* has the number of objects and their bytes, by type. *mortal* has the same, by the
    reason for which they aren't immortal. *blind* are the loaded extension modules that count
    references without a test, so that they write to immortal objects.
    """

    backend: str
    reason: str
    immortal: dict[type, tuple[int, int]]
    mortal: dict[str, dict[type, tuple[int, int]]]
    blind: list[Path]

    def __str__(self) -> str:
        if self.backend == "nothing":
            return f"immortal_objects: {self.reason}: nothing is immortal"
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        objects, size = _sum(self.immortal)
        by = "the interpreter's gc" if self.backend == "gc" else "the extension"
        yield f"immortal_objects: {objects:,} objects are immortal, {_megabytes(size)}, by {by}"
        yield from _table(self.immortal)
        for reason, types in self.mortal.items():
            if types:
                objects, size = _sum(types)
                said = REASONS.get(reason, reason)
                yield f"mortal, {said}: {objects:,} objects, {_megabytes(size)}"
                yield from _table(types)
        for path in self.blind:
            yield f"counts without a test: {path}"
        if self.blind:
            yield "forked processes copy what they read through these modules"


def report() -> Report:
    """Return what is immortal by now, what isn't and why, and which modules count without a test.

    It looks at every object, so it takes about as long as a full garbage collection. On the
    interpreter's own gc it counts what the garbage collector lists, and what that refers to.
    """
    backend = _backend.CHOSEN
    if not backend.able:
        return Report(backend.name, backend.reason, {}, {}, [])
    census = dict(backend.census() if backend.census else _census(backend.is_immortal))
    immortal = census.pop("immortal", {})
    return Report(backend.name, "", immortal, census, blind_modules())


def blind_modules() -> list[Path]:
    """Return the files of the loaded extension modules that count references without a test."""
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    paths = sorted(Path(file) for file in files if isinstance(file, str) and file.endswith(".so"))
    return [path for path in paths if _is_blind(path)]


def _is_blind(path: Path) -> bool:
    from . import scan  # only now: it is a program, too, that python -m loads by itself

    try:
        return scan.counts_unguarded(path)
    except (OSError, ValueError):  # it was removed meanwhile
        return False


def _census(is_immortal: Any) -> _backend.Census:
    """Count what gc lists, and what that refers to, without running code of the program."""
    immortal: dict[type, tuple[int, int]] = {}
    mortal: dict[type, tuple[int, int]] = {}
    seen: set[int] = set()
    listed = gc.get_objects()
    for found in (listed, _leaves(listed)):
        for obj in found:
            if id(obj) not in seen:
                seen.add(id(obj))
                table = immortal if is_immortal(obj) else mortal
                cls = _plain_type(obj)
                objects, size = table.get(cls, (0, 0))
                table[cls] = objects + 1, size + _size(obj)
    return {"immortal": immortal, "unknown": mortal}


def _plain_type(obj: Any) -> type:
    """Return its class, or the next base that no metaclass hashes or compares in its own way."""
    return next(
        cls
        for cls in type(obj).__mro__
        if (type(cls).__hash__, type(cls).__eq__) == (type.__hash__, type.__eq__)
    )


def _leaves(listed: list[Any]) -> Iterator[Any]:
    for obj in listed:
        yield from gc.get_referents(obj)


def _size(obj: Any) -> int:
    """Return sys.getsizeof(), but what a class's own __sizeof__() says doesn't matter here."""
    cls: Any = next(base for base in type(obj).__mro__ if not base.__flags__ & 1 << 9)
    try:
        size: int = cls.__sizeof__(obj)
    except Exception:
        return 0
    return size + 16 if gc.is_tracked(obj) else size


def _sum(table: dict[type, tuple[int, int]]) -> tuple[int, int]:
    return sum(found[0] for found in table.values()), sum(found[1] for found in table.values())


def _table(table: dict[type, tuple[int, int]]) -> Iterator[str]:
    """Return lines for the types with most bytes, and one for the others."""
    ordered = sorted(table.items(), key=lambda pair: (-pair[1][1], pair[0].__qualname__))
    for cls, (objects, size) in ordered[:ROWS]:
        prefix = "" if cls.__module__ == "builtins" else f"{cls.__module__}."
        yield f"  {objects:>12,} {_megabytes(size):>12}  {prefix}{cls.__qualname__}"
    if ordered[ROWS:]:
        objects, size = _sum(dict(ordered[ROWS:]))
        yield f"  {objects:>12,} {_megabytes(size):>12}  of {len(ordered) - ROWS} other types"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
