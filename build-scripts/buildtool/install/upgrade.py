"""Bring an installation to a newer release or series, and keep what its user added to it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from ..core import versions
from ..core.errors import BuildError
from ..interpreter import inputs
from ..interpreter.configuration import Configuration
from . import manifest, owner, place


def record(wanted: Configuration) -> dict[str, Any]:
    """Return what an installation notes of itself: its version, and what its patches change."""
    return {
        "version": wanted.version,
        "diffs": inputs.patch_digests(wanted.series, wanted.immortal),
    }


def check(prefix: Path, wanted: Configuration) -> None:
    """Raise BuildError unless *prefix* holds an installation of ours that isn't newer."""
    if not (prefix / place.MARKER).is_file():
        raise BuildError(f"{prefix} is not an installation of ours; install without --upgrade")
    version = _sound_marker(prefix / place.MARKER).get("version", "")
    if not version:
        return
    if _key(version) > _key(wanted.version):
        raise BuildError(
            f"{prefix} has {version}, which is newer than {wanted.version}; use --version {version}"
        )
    old, new = versions.installed(prefix), wanted.python
    if (old.minor, old.free_threaded) != (new.minor, new.free_threaded):
        raise BuildError(f"{prefix} has packages for {old.library.name}; use another --prefix")


def keep(old: Path, new: Path) -> None:
    """Put what the user added to the installation *old* into *new*, by hard links or copies.

    That is site-packages, as a whole; all that *new* does not have outside of the standard
    library's folder: scripts, headers, data, virtual environments; and brought.ADDED in that
    folder. What *old* notes as brought by its package goes unless it was changed; settings that
    were changed or removed stay so. Raises OSError.
    """
    site = versions.installed(old).library / "site-packages"
    if (old / site).is_dir():
        shutil.rmtree(new / site)
        _link(old / site, new / site)
    recorded = place.marker(old).get("files", {})
    for path in manifest.SETTINGS:
        if os.path.lexists(old / path):
            is_theirs = not manifest.is_in(recorded, old, path)
        else:
            is_theirs = str(path) in recorded
        if is_theirs:
            (new / path).unlink(missing_ok=True)
    for path in manifest.others(old):
        if not os.path.lexists(new / path) and not manifest.is_in(recorded, old, path):
            _link(old / path, new / path)


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return in lines what differs between the markers of two installations."""
    lines = []
    for name in ("version", "configuration"):
        if before.get(name, "not recorded") != after[name]:
            lines.append(f"{name}: {before.get(name, 'not recorded')} -> {after[name]}")
    if "diffs" not in before:
        return [*lines, "patches: the old installation has not recorded what they change"]
    old, new = before["diffs"], after["diffs"]
    for word, names in (
        ("added", [name for name in new if name not in old]),
        ("removed", [name for name in old if name not in new]),
        ("changed", [name for name in new if name in old and old[name] != new[name]]),
    ):
        lines += [f"patch {word}: {name}" for name in names]
    return lines or ["rebuilt: recipe, compiler or profile have changed, version and patches not"]


def _key(version: str) -> list[int]:
    """Return what versions are ordered by: their numbers, and that a candidate comes before."""
    numbers = [int(part) for part in re.findall(r"\d+", version)]
    return numbers if "rc" in version else [*numbers, sys.maxsize]


def _sound_marker(path: Path) -> dict[str, Any]:
    """Return what an installation notes of itself; BuildError unless that can be made use of."""
    try:
        found = json.loads(path.read_text())
    except ValueError:
        found = None
    if (
        isinstance(found, dict)
        and re.fullmatch(r"(\d+(\.\d+){2}(rc\d+)?)?", str(found.get("version", "")), re.ASCII)
        and isinstance(found.get("version", ""), str)
        and all(isinstance(found.get(name, {}), dict) for name in ("diffs", "files"))
    ):
        return found
    raise BuildError(f"{path} is damaged; put {{}} into it, and it counts as of an unknown version")


def _link(old: Path, new: Path) -> None:
    """Make *new* what *old* is: a link to the same file or a copy, an equal folder or link."""
    if old.is_symlink() or not old.is_dir():
        os.makedirs(new.parent, exist_ok=True)
        try:
            os.link(old, new, follow_symlinks=False)
        except OSError:  # across file systems, or a file of another user's
            shutil.copyfile(old, new, follow_symlinks=False)
            owner.give(new, old.lstat())
            shutil.copystat(old, new, follow_symlinks=False)
        return
    os.makedirs(new)
    for path in old.iterdir():
        _link(path, new / path.name)
    with contextlib.suppress(PermissionError):
        shutil.copystat(old, new)
