"""Compile single C files for Windows against an installed interpreter, and link them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from ..core import versions
from ..core.errors import BuildError
from . import tools
from .root import DATA, Root


def module(root: Root, prefix: Path, source: Path, product: Path, flags: Sequence[str]) -> None:
    """Make the extension module *product*, a .pyd, with the headers and library in *prefix*."""
    libraries = [
        str(prefix / "libs" / f"{versions.installed(prefix).dll}.lib"),
        *tools.libraries([]),
    ]
    _make(root, prefix, source, product, flags, [*tools.DLL, *libraries])


def program(root: Root, prefix: Path, source: Path, product: Path, flags: Sequence[str]) -> None:
    """Make the program *product*, an .exe, with the headers in *prefix* and without its library."""
    flags = ["/DPy_NO_ENABLE_SHARED", *flags]
    _make(root, prefix, source, product, flags, [*tools.program("main"), *tools.libraries([])])


def _make(
    root: Root,
    prefix: Path,
    source: Path,
    product: Path,
    flags: Sequence[str],
    link: Sequence[str],
) -> None:
    built = product.with_suffix(".obj")
    compiler = tools.compiler(root.arch, str(DATA / "include"))
    included = f"-I{prefix / 'include'}"
    _run(
        root, [*compiler, included, *flags, "/c", f"/Fo{built}", "--", str(source)], product.parent
    )
    linker = tools.linker(root.arch)
    _run(root, [*linker, f"/out:{product}", str(built), *link], product.parent)


def _run(root: Root, command: Sequence[str], cwd: Path) -> None:
    ran = root.run(command, cwd=cwd)
    if ran.returncode:
        raise BuildError(f"failed: {shlex.join(command)}")
