"""Make of the same things the same installation, wherever and whenever it is built.

What differs otherwise is the folder of the build, in debug information and settings, and the time,
in the program and in the headers of compiled modules. Profile-guided optimization differs anyway:
it depends on what happened while the profile was taken.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import struct
from pathlib import Path

from ..core import process
from ..core.versions import Python
from . import relocate
from .environment import ASAN_OPTIONS, Environment

# Where debug information and settings say that the build was.
PLACE = "/usr/src/cpython-immortal"
# A week or two: what is added to the time of the release, as told by what is added to it.
SPREAD = 1 << 20
MAGIC = 4  # bytes, at the beginning of a compiled module


def moment(source: Path, added: Path) -> int:
    """Return the time that a build of *source* is given, in seconds.

    That is the release's, and a while later as the files in *added* tell: a module that they change
    gets another time, by which compiled modules that are kept elsewhere are known to be old.
    """
    found = hashlib.sha256()
    for path in sorted(path for path in added.rglob("*") if path.is_file()):
        content = path.read_bytes()
        found.update(f"{path.relative_to(added)} {len(content)}\n".encode() + content)
    license = source / "LICENSE"  # no patch changes it
    released = int(license.stat().st_mtime) if license.exists() else 0
    return released + int.from_bytes(found.digest()[:4], "big") % SPREAD


def flag(folder: Path) -> str:
    """Return the compiler's flag that makes it say PLACE for *folder*, where all is built."""
    return f"-ffile-prefix-map={folder}={PLACE}"


def prepare(environment: Environment, source: Path, added: Path, linked: bool) -> None:
    """Let a build in *source*, with the files in *added*, have its time, and say PLACE.

    *linked* tells whether to link is to compile.
    """
    environment.define("SOURCE_DATE_EPOCH", str(moment(source, added)))
    environment.append("CFLAGS_NODIST", flag(source.parent))
    if linked:
        environment.append("LDFLAGS_NODIST", flag(source.parent))


def variables(built: Path, prefix: str) -> None:
    """Make sysconfig's variables, before they are installed, say PLACE for where they were built.

    That is *built* and what lies beside it. They follow the installation made for *prefix*, too.
    """
    relocate.variables(built, prefix)
    library = built / (built / "pybuilddir.txt").read_text().strip()
    for path in library.glob("_sysconfigdata_*.py"):
        _replace(path, built.parent)


def complete(installed: Path, prefix: str, python: Python, source: Path, added: Path) -> None:
    """Make an installation for *prefix*, built in *source* with *added*, movable and the same.

    It lies in its stage, at the place that *prefix* names there.
    """
    compile_packages(installed, prefix, python)
    relocate.installation(installed, prefix, python)
    installation(installed, source.parent, moment(source, added))


def compile_packages(installed: Path, prefix: str, python: Python) -> None:
    """Compile pip, and what came with it, as if in *prefix*: by the interpreter that has it.

    pip did so in the stage, whose name it has left in each compiled module. What is built for
    another machine has no pip.
    """
    packages = installed / python.library / "site-packages"
    if not any(packages.rglob("*.pyc")):
        return
    program = installed / "bin" / python.program
    command = [str(program), "-m", "compileall", "-q", "-f", "--invalidation-mode", "timestamp"]
    command += ["-s", str(installed), "-p", prefix, str(packages)]
    wanted = {"PYTHONHASHSEED": "0", "ASAN_OPTIONS": ASAN_OPTIONS}
    environment = process.clean_environment() | wanted
    process.run(command, "the installation can't compile its packages", env=environment)


def installation(installed: Path, folder: Path, when: int) -> None:
    """Make an installation say PLACE for *folder*, and give all in it the time *when*.

    Compiled modules stay valid: they note the time of their source, whichever way they did.
    """
    for path in (*installed.glob("lib/*/config-*/Makefile"), *installed.glob("bin/*-config")):
        if not path.is_symlink():
            _replace(path, folder)
    for path in installed.rglob("*"):
        if path.suffix == ".pyc" and path.parent.name == "__pycache__":
            _note(path, when)
    for path in (installed, *installed.rglob("*")):
        os.utime(path, (when, when), follow_symlinks=False)


def _replace(path: Path, folder: Path) -> None:
    text = path.read_text()
    path.write_text(text.replace(str(folder), PLACE))


def _note(path: Path, when: int) -> None:
    """Make a compiled module note the time *when* of its source, and the source's size."""
    source = Path(importlib.util.source_from_cache(str(path)))
    if not source.exists():
        return
    size = source.stat().st_size & 0xFFFFFFFF
    with path.open("r+b") as file:
        file.seek(MAGIC)
        file.write(struct.pack("<III", 0, when & 0xFFFFFFFF, size))
