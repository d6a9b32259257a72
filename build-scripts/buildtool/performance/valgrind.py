"""Find valgrind; where the machine has none, fetch Debian's into the cache, which needs no root."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ..core import cache, paths, process
from ..core.apt import Apt, architecture
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
    root = cache.once(paths.cache() / "valgrind", _fetch)
    return ["env", f"VALGRIND_LIB={root / TOOLS}", str(root / PROGRAM)]


def _fetch(new: Path, work: Path) -> str:
    try:
        record = Apt(work / "apt", architecture()).unpack(["valgrind"], new)
    except (BuildError, OSError) as error:
        raise BuildError(f"no valgrind, and it can't be had: {error}") from error
    if not (new / PROGRAM).is_file():
        raise BuildError(f"Debian's package of valgrind has no {PROGRAM}")
    return record


def version(valgrind: Sequence[str]) -> str:
    """Return what it says of its version."""
    return process.run([*valgrind, "--version"], "valgrind doesn't run").strip()
