"""Apply patches to a source tree: in order, and without fuzz.

A series may build in the C files of Misc/immortal-objects, which lay_core() adds to the tree: they
are no part of a patch, for there is one copy of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from ..core import git

# Where those files come from, where a series expects them, and its own file that includes them.
CORE_SOURCES = Path("Misc", "immortal-objects", "src")
CORE = Path("Modules", "_immortal")
CORE_USER = Path("Modules", "_immortalmodule.c")


def lay_core(tree: Path, root: Path) -> None:
    """Lay the C files of Misc/immortal-objects below *root* over *tree*, if its series uses them.

    Files that don't change keep their times.
    """
    if not (tree / CORE_USER).exists():
        return
    (tree / CORE).mkdir(exist_ok=True)
    for source in sorted((root / CORE_SOURCES).glob("*.[ch]")):
        placed = tree / CORE / source.name
        if not placed.exists() or placed.read_bytes() != source.read_bytes():
            shutil.copyfile(source, placed)


def apply(tree: Path, folder: Path, names: Iterable[str], say: Callable[[str], None]) -> None:
    """Apply the patches *names* in *folder* to *tree*; BuildError, with the place, for a reject."""
    for name in names:
        say(name)
        git.apply(tree, (folder / name).read_bytes(), f"patch {name} does not apply")
