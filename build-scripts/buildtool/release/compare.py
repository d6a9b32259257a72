"""What differs between two installations, file by file."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ..install.place import MARKER

# Lines of diffoscope that are shown for a file, and how many differences are listed.
SHOWN = 20
LISTED = 50


def differences(one: Path, other: Path) -> list[tuple[Path, str]]:
    """Return what differs, a name and words for each: kinds, modes, times, contents."""
    names = {path.relative_to(root) for root in (one, other) for path in root.rglob("*")}
    return [(name, text) for name in sorted(names) for text in _differ(one / name, other / name)]


def _differ(first: Path, second: Path) -> Iterator[str]:
    if not os.path.lexists(first) or not os.path.lexists(second):
        yield f"only {first if os.path.lexists(first) else second} is there"
        return
    before, after = first.lstat(), second.lstat()
    if stat.S_IFMT(before.st_mode) != stat.S_IFMT(after.st_mode):
        yield "of another kind"
    elif first.is_symlink():
        if os.readlink(first) != os.readlink(second):
            yield f"links to {os.readlink(first)} and {os.readlink(second)}"
    else:
        if before.st_mode != after.st_mode:
            yield f"mode {before.st_mode & 0o7777:o} and {after.st_mode & 0o7777:o}"
        is_ours = first.name == MARKER  # written when it is installed
        if first.is_file() and not is_ours and int(before.st_mtime) != int(after.st_mtime):
            yield f"time {int(before.st_mtime)} and {int(after.st_mtime)}"
        if first.is_file() and first.read_bytes() != second.read_bytes():
            yield _place(first.read_bytes(), second.read_bytes())


def explained(one: Path, other: Path) -> list[str]:
    """Return lines that say how two files differ, by diffoscope; none where there is none."""
    program = shutil.which("diffoscope")
    if program is None or not (one.is_file() and other.is_file()):
        return []
    command = [program, "--max-report-size", "20000", "--text", "-", str(one), str(other)]
    said = subprocess.run(command, capture_output=True, text=True, errors="replace").stdout
    return said.splitlines()[:SHOWN]


def _place(first: bytes, second: bytes) -> str:
    """Return in words how two contents differ."""
    both = enumerate(zip(first, second, strict=False))
    at = next((at for at, (a, b) in both if a != b), min(len(first), len(second)))
    size = "" if len(first) == len(second) else f"; {len(first)} and {len(second)} bytes"
    return f"differs from byte {at} on{size}"
