"""Apply patches to a source tree: in order, and without fuzz."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from ..core.errors import BuildError

COMMAND = ("patch", "-p1", "--fuzz=0", "--forward", "--batch", "--no-backup-if-mismatch", "-i")


def apply(tree: Path, folder: Path, names: Iterable[str], say: Callable[[str], None]) -> None:
    """Apply the patches *names* in *folder* to *tree*; BuildError, with the place, for a reject."""
    for name in names:
        ran = subprocess.run(
            [*COMMAND, str(folder / name)],
            cwd=tree,
            env=os.environ | {"LC_ALL": "C"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        say(f"{name}\n{ran.stdout}")
        if ran.returncode:
            raise BuildError(f"patch {name} does not apply: {first_reject(ran.stdout)}")


def first_reject(output: str) -> str:
    """Return the file and the hunk that patch(1) could not place first, from what it prints."""
    file = ""
    for line in output.splitlines():
        if match := re.match(r"(?:patching|checking) file (.*)", line):
            file = match[1]
        elif "FAILED at" in line:
            return f"{file}, {line.rstrip('.')}"
        elif "can't find file" in line or "Reversed" in line or "malformed" in line:
            return f"{file} {line}".strip()
    return output.strip().splitlines()[-1] if output.strip() else "patch(1) gave no reason"
