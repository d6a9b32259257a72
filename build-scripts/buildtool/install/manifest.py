"""What a package brings to an installation, apart from what others may have added to it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..core import versions

# What people add to the standard library's folder, all else in which comes from the release.
ADDED = ("sitecustomize.py", "usercustomize.py", "EXTERNALLY-MANAGED", "distutils/distutils.cfg")

# Of what a package brings, that which is meant to be changed: an upgrade leaves it as it is.
SETTINGS = (Path("pip.conf"),)


def others(folder: Path) -> Iterator[Path]:
    """Yield what may be the user's in an installation, relative to it; folders before contents."""
    library = versions.installed(folder).library
    for place, folders, files in os.walk(folder):
        inside = Path(place).relative_to(folder)
        if inside == library.parent and library.name in folders:
            folders.remove(library.name)
        for name in (*folders, *files):
            yield inside / name
    for name in ADDED:
        if (folder / library / name).is_file():
            yield library / name


def record(package: Path) -> dict[str, str]:
    """Return of those in *package* the files, with what tells whether they have been changed.

    A package whose target is only compiled has no interpreter, and nothing to tell of.
    """
    if not (package / "bin").is_dir():
        return {}
    return {
        str(path): _digest(package / path) for path in others(package) if _is_file(package / path)
    }


def is_in(recorded: Mapping[str, str], folder: Path, path: Path) -> bool:
    """Tell whether a package with this record brought *path*, and *folder* has it unchanged."""
    if _is_file(folder / path):
        return str(path) in recorded and recorded[str(path)] == _digest(folder / path)
    return any(path in Path(name).parents for name in recorded)


def _is_file(path: Path) -> bool:
    return path.is_symlink() or not path.is_dir()


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"-> {os.readlink(path)}"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""
