"""Apply patches to a source tree: in order, and without fuzz."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from ..core import git


def apply(tree: Path, folder: Path, names: Iterable[str], say: Callable[[str], None]) -> None:
    """Apply the patches *names* in *folder* to *tree*; BuildError, with the place, for a reject."""
    for name in names:
        say(name)
        git.apply(tree, (folder / name).read_bytes(), f"patch {name} does not apply")
