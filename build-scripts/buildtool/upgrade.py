"""Bring an installation to a newer release or series, and keep what its user added to it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import configuration as config
from . import install
from .configuration import Configuration
from .errors import BuildError

LIBRARY = Path("lib", "python3.11")
SITE = LIBRARY / "site-packages"
# What people add to the standard library's folder, all else in which comes from the release.
ADDED = ("sitecustomize.py", "usercustomize.py", "EXTERNALLY-MANAGED", "distutils/distutils.cfg")


def record(wanted: Configuration) -> dict[str, Any]:
    """Return what an installation notes of itself: its version, and the hashes of its patches."""
    folder = config.series_folder()
    files = sorted(folder.glob("*.patch")) if wanted.immortal else []
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
    return {"version": wanted.version, "patches": hashes}


def check(prefix: Path, wanted: Configuration) -> None:
    """Raise BuildError unless *prefix* holds an installation of ours that isn't newer."""
    if not (prefix / install.MARKER).is_file():
        raise BuildError(f"{prefix} is not an installation of ours; install without --upgrade")
    version = install.marker(prefix).get("version", "")
    if version and _numbers(version) > _numbers(wanted.version):
        raise BuildError(
            f"{prefix} has {version}, which is newer than {wanted.version}; use --version {version}"
        )


def keep(old: Path, new: Path) -> None:
    """Put what the user added to the installation *old* into *new*, by hard links.

    That is site-packages, as a whole; all that *new* does not have outside of the standard
    library's folder: scripts, headers, data, virtual environments; and ADDED in that folder.
    Raises OSError.
    """
    shutil.rmtree(new / SITE)
    _link(old / SITE, new / SITE)
    for path in _others(old):
        if not os.path.lexists(new / path):
            _link(old / path, new / path)


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return in lines what differs between the markers of two installations."""
    lines = []
    for name in ("version", "configuration"):
        if before.get(name, "not recorded") != after[name]:
            lines.append(f"{name}: {before.get(name, 'not recorded')} -> {after[name]}")
    if "patches" not in before:
        return [*lines, "patches: the old installation has not recorded its own"]
    old, new = before["patches"], after["patches"]
    for word, names in (
        ("added", [name for name in new if name not in old]),
        ("removed", [name for name in old if name not in new]),
        ("changed", [name for name in new if name in old and old[name] != new[name]]),
    ):
        lines += [f"patch {word}: {name}" for name in names]
    return lines or ["rebuilt: recipe, compiler or profile have changed, version and patches not"]


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _others(old: Path) -> Iterator[Path]:
    """Yield the paths that may be the user's, relative to *old*; folders before their contents."""
    for folder, folders, files in os.walk(old):
        place = Path(folder).relative_to(old)
        if place / LIBRARY.name == LIBRARY and LIBRARY.name in folders:
            folders.remove(LIBRARY.name)
        for name in (*folders, *files):
            if place / name != Path(install.MARKER):
                yield place / name
    for name in ADDED:
        if (old / LIBRARY / name).is_file():
            yield LIBRARY / name


def _link(old: Path, new: Path) -> None:
    """Make *new* what *old* is: a link to the same file, an equal folder, an equal link."""
    if old.is_symlink() or not old.is_dir():
        os.makedirs(new.parent, exist_ok=True)
        os.link(old, new, follow_symlinks=False)
        return
    os.makedirs(new)
    for path in old.iterdir():
        _link(path, new / path.name)
    with contextlib.suppress(PermissionError):
        shutil.copystat(old, new)
