"""Where things are: the checkout, its build output, and the cache that checkouts share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .errors import BuildError

ROOT = Path(__file__).resolve().parents[3]
GIB = 1 << 30


def cache() -> Path:
    """Return the cache that checkouts share: venv, sources, Conan's home, compiled objects."""
    given = os.environ.get("CPYTHON_IMMORTAL_CACHE")
    if given:
        return Path(given).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "cpython-immortal"


def sources() -> Path:
    """Return Conan's download cache; a file lies in it as s/SHA256."""
    return cache() / "sources"


def conan_home() -> Path:
    """Return the CONAN_HOME that build.sh uses, apart from the user's own."""
    return cache() / "conan"


def output() -> Path:
    """Return the checkout's own output folder: logs and installed interpreters."""
    return ROOT / ".build"


def series_folder(series: str) -> Path:
    """Return the folder of a patch series, which has the name of a minor version."""
    return ROOT / "patches" / series


def existing_parent(path: Path) -> Path:
    """Return *path*, or the nearest folder above it that exists."""
    while not path.exists():
        path = path.parent
    return path


def require_space(path: Path, need: int) -> None:
    """Raise BuildError unless the file system of *path* has *need* bytes free."""
    free = shutil.disk_usage(existing_parent(path)).free
    if free < need:
        raise BuildError(
            f"no disk space: {path} has {free / GIB:.1f} GiB free and the build needs about "
            f"{need / GIB:.1f} GiB; free some, or choose another place"
        )
