"""Make an installation of build.sh one for an image: what a container has no use for goes.

That is what docker-library/python leaves out of its images, too (see
https://github.com/docker-library/python, Dockerfile-linux.template): the tests, the static library,
compiled bytecode, and the symbols of programs and libraries.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ..core import process, versions
from ..core.errors import BuildError
from ..core.targets import Target
from ..install import place

# Names that people expect, and what make install calls them.
LINKS = {
    "idle": "idle3",
    "pip": "pip3",
    "pydoc": "pydoc3",
    "python": "python3",
    "python-config": "python3-config",
}
# A flag that names the sysroot, with the blanks before it; _sysconfigdata may have it on a line of
# its own, as a string of its own.
SYSROOT = re.compile(r" *(?:'\n *')?(?:--sysroot=|-[IL]\S*/sysroots/)[^\s'\"]+")


def trim(prefix: Path, target: Target, keep_symbols: bool = False) -> None:
    """Trim the installation of *target* in *prefix*, in place; BuildError if there is none.

    *keep_symbols* keeps the symbols of programs and libraries, by which tools name C functions.
    """
    if not (prefix / place.MARKER).is_file():
        raise BuildError(f"{prefix} has no installation of build.sh")
    # It runs in the image, not on the machine that built it.
    (prefix / place.MARKER).unlink()
    python = versions.installed(prefix)
    (prefix / "bin" / f"{python.program}{place.HERE}").unlink(missing_ok=True)
    for path in sorted((prefix / python.library).rglob("*"), reverse=True):
        if path.is_dir() and path.name in ("test", "tests", "idle_test", "__pycache__"):
            shutil.rmtree(path)
    for path in prefix.rglob("libpython*.a"):
        path.unlink()
    for name, program in LINKS.items():
        link = prefix / "bin" / name
        if (prefix / "bin" / program).exists() and not link.exists():
            link.symlink_to(program)
    _forget_sysroot(prefix, python)
    if not keep_symbols:
        _strip(prefix, target.compiler.removesuffix("gcc") + "strip")


def _forget_sysroot(prefix: Path, python: versions.Python) -> None:
    """Take the sysroot of a cross build out of what extension modules are built with."""
    library = prefix / python.library
    files = [*library.glob("_sysconfigdata_*.py"), *library.glob("config-*/Makefile")]
    files += [
        *library.glob("config-*/python-config.py"),
        prefix / "bin" / python.config,
        *prefix.glob("lib/pkgconfig/*.pc"),
    ]
    for file in files:
        if file.is_file() and not file.is_symlink():
            text = file.read_text()
            plain = SYSROOT.sub("", text)
            if plain != text:
                file.write_text(plain)


def _strip(prefix: Path, command: str) -> None:
    """Strip every program and library in *prefix*, by the target's own strip."""
    found = []
    for path in prefix.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    found.append(str(path))
    process.run([command, "--strip-unneeded", *found], f"{command} failed")
