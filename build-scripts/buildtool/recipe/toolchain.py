"""A compiler of a later release of Debian, on this one: unpacked into the cache, not installed.

Its programs are made to run with the C library that they came with; what they compile is for the
C library of this machine.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from ..core import cache, paths, process
from ..core.apt import Apt
from ..core.errors import BuildError

LOADER = "ld-linux-x86-64.so.2"
LIBRARIES = "usr/lib/x86_64-linux-gnu"


def place(release: str, compiler: str) -> Path:
    """Return where the program of *compiler* is, or will be: a command like "gcc-16"."""
    return paths.cache() / "toolchains" / f"{release}-{compiler}" / "usr" / "bin" / compiler


def make(release: str, compiler: str, say: Callable[[str], None]) -> Path:
    """Return the compiler's program, fetched first unless it is there; BuildError otherwise."""
    program = place(release, compiler)
    root = program.parents[2]

    def made(new: Path, work: Path) -> str:
        if shutil.which("patchelf") is None:
            raise BuildError(f"{compiler} of {release} needs patchelf to run here")
        say(f"fetching {compiler} of Debian's {release} into {root}")
        try:
            record = Apt(work / "apt", "amd64", release).unpack([compiler], new)
        except BuildError as error:
            raise BuildError(f"{compiler} of {release} can't be had: {error}") from error
        _settle(new, root)
        return record

    cache.once(root, made)
    return program


def _settle(new: Path, root: Path) -> None:
    """Make the programs in *new* run with its libraries once it is at *root*."""
    loader = next(path for path in new.rglob(LOADER) if path.is_file())
    folders = {path.parent for path in new.rglob("*.so*") if b"\x7fELF" in _head(path)}
    wanted = [LIBRARIES, *sorted(str(path.relative_to(new)) for path in folders)]
    search = ":".join(str(root / name) for name in dict.fromkeys(wanted))
    for program in list(_programs(new)):
        interpreter = ["--set-interpreter", str(root / loader.relative_to(new))]
        _patch(program, *interpreter, "--force-rpath", "--set-rpath", search)
    # A library's own list would hide the program's from what the library needs.
    for folder in sorted(folders):
        for library in folder.glob("libLLVM*.so*"):
            if not library.is_symlink():
                _patch(library, "--remove-rpath")
    # gcc looks here first: its plugin and its assembly language want the tools that came with it.
    for folder in new.glob("usr/libexec/gcc/*/*"):
        for tool in ("as", "ld", "nm", "ar", "ranlib"):
            (folder / tool).symlink_to(f"../../../../bin/{tool}")


def _patch(file: Path, *changes: str) -> None:
    process.run(["patchelf", *changes, str(file)], f"{file.name} can't be made to run here")


def _programs(folder: Path) -> Iterator[Path]:
    """Yield the programs in *folder* that ask for a loader."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o111:
            head = _head(path)
            if head.startswith(b"\x7fELF") and b"/ld-linux" in head:
                yield path


def _head(path: Path) -> bytes:
    if path.is_symlink() or not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(4096)
