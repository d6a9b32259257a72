"""The files of this repository, as git tracks them."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

from buildtool.core import paths

SHEBANG = re.compile(rb"#!.*\b(ba|da)?sh\b")


@cache
def tracked() -> tuple[Path, ...]:
    """Return the files that git tracks and that are there."""
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=paths.ROOT, check=True, capture_output=True, text=True)
    files = [paths.ROOT / name for name in listed.stdout.split("\0") if name]
    return tuple(path for path in files if path.is_file())


def python_files() -> list[Path]:
    """Return the Python files."""
    return [path for path in tracked() if path.suffix == ".py"]


def shell_files() -> list[Path]:
    """Return the shell scripts, by their suffix or their first line."""
    return [path for path in tracked() if path.suffix == ".sh" or SHEBANG.match(path.read_bytes())]
