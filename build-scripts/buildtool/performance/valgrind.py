"""Find valgrind; where the machine has none, fetch Debian's into the cache, which needs no root."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..core import paths
from ..core.apt import Apt
from ..core.errors import BuildError

# Where its program and its tools are in Debian's package.
PROGRAM = Path("usr", "bin", "valgrind.bin")
TOOLS = Path("usr", "libexec", "valgrind")


def command() -> list[str]:
    """Return the command that runs valgrind, fetched first if need be.

    Raises BuildError where there is none and apt-get brings none.
    """
    if found := shutil.which("valgrind"):
        return [found]
    root = paths.cache() / "valgrind"
    root.parent.mkdir(parents=True, exist_ok=True)
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            _fetch(root)
    return ["env", f"VALGRIND_LIB={root / TOOLS}", str(root / PROGRAM)]


def _fetch(root: Path) -> None:
    with tempfile.TemporaryDirectory(dir=root.parent, prefix="making-") as work:
        new = Path(work) / "root"
        new.mkdir()
        try:
            asked = ["dpkg", "--print-architecture"]
            ran = subprocess.run(asked, capture_output=True, text=True, check=True)
            record = Apt(Path(work) / "apt", ran.stdout.strip()).unpack(["valgrind"], new)
        except (BuildError, OSError, subprocess.CalledProcessError) as error:
            raise BuildError(f"no valgrind, and it can't be had: {error}") from error
        if not (new / PROGRAM).is_file():
            raise BuildError(f"Debian's package of valgrind has no {PROGRAM}")
        root.with_suffix(".txt").write_text(record)
        new.rename(root)


def version(valgrind: Sequence[str]) -> str:
    """Return what it says of its version."""
    ran = subprocess.run([*valgrind, "--version"], capture_output=True, text=True)
    if ran.returncode:
        raise BuildError(f"valgrind doesn't run: {ran.stderr.strip()}")
    return ran.stdout.strip()
