"""What a cross build compiles against and its emulator runs with: made once, kept in the cache.

For an architecture of Debian's main archive, its packages are fetched and unpacked. For the others
Debian has a cross compiler with a C library; zlib and libffi are built for them. Neither needs
root. Beside each sysroot lies a record of what it was made from, with checksums.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import cache, paths, process
from ..core.apt import Apt
from ..core.errors import BuildError
from . import sources

# The packages of the standard library's modules, and libgcc's, which clang takes from here.
PACKAGES = (
    "libc6-dev", "libbz2-dev", "libffi-dev", "libgdbm-dev", "liblzma-dev", "libncurses-dev",
    "libreadline-dev", "libsqlite3-dev", "libssl-dev", "libzstd-dev", "uuid-dev", "zlib1g-dev",
)  # fmt: skip
# An emulator looks for each file in the sysroot first: what isn't for compiling stays out.
KEPT = ("lib", "lib64", "libx32", "usr")
NOT_KEPT = ("bin", "sbin", "share", "games")
# How zlib and libffi are configured and installed, after cd into their sources.
STEPS = {
    "zlib": "CHOST={triplet} ./configure --static --prefix=/usr && make -j{jobs} libz.a",
    "libffi": "./configure --host={triplet} --prefix=/usr --libdir=/usr/lib --disable-shared "
    "--with-pic --disable-multi-os-directory --disable-exec-static-tramp --disable-docs "
    "&& make -j{jobs}",
}

Say = Callable[[str], None]


@dataclass(frozen=True)
class Sysroot:
    """What to make: *kind* is Debian's name of an architecture, or "own" for built libraries.

    *compiler* is only for the latter; *triplet* is GNU's name of the architecture.
    """

    kind: str
    triplet: str
    compiler: str
    conan_data: dict[str, Any]

    @property
    def folder(self) -> Path:
        """Return its place in the cache, which changes with what it is made from."""
        made_from: object = (self.kind, PACKAGES, _release())
        if self.kind == "own":
            made_from = (self.triplet, self.compiler, self.conan_data["libraries"], STEPS)
        key = hashlib.sha256(repr(made_from).encode()).hexdigest()[:8]
        name = self.triplet if self.kind == "own" else f"debian-{self.kind}"
        return paths.cache() / "sysroots" / f"{name}-{key}"

    def make(self, say: Say, jobs: int = 1) -> Path:
        """Return the folder, made first unless it is there; BuildError if it can't be made."""

        def made(root: Path, work: Path) -> str:
            say(f"making {self.folder}")
            if self.kind == "own":
                return self._build_libraries(root, work, say, jobs)
            return _unpack_debian(self.kind, root, work)

        return cache.once(self.folder, made)

    def flags(self, clang: bool) -> list[str]:
        """Return the flags by which a compiler, *clang* or not, compiles for the target."""
        return [*([f"--target={self.triplet}"] if clang else []), f"--sysroot={self.folder}"]

    def runner(self, command: str) -> list[str]:
        """Return the command before a program's that makes it run here: see ci/targets.toml."""
        if command == "native":
            return []
        if command != "ld.so":
            return [command, "-L", str(self.folder)]
        loader = sorted(self.folder.glob("lib/ld-linux*.so.*"))
        multiarch = self.triplet.replace("i686", "i386")
        libraries = [str(self.folder / part / multiarch) for part in ("lib", "usr/lib")]
        return [*map(str, loader[:1]), "--library-path", ":".join(libraries)]

    def _build_libraries(self, root: Path, work: Path, say: Say, jobs: int) -> str:
        """Build the libraries of conandata.yml into *root*; return the record."""
        record = [f"built by {process.first_line(self.compiler, '--version')}"]
        for name, entry in self.conan_data["libraries"].items():
            archive = sources.fetch_library(name, entry, paths.sources(), say)
            problem = f"{name} for {self.triplet} can't be made"
            tree = sources.unpack(archive, work / name, problem)
            steps = STEPS[name].format(triplet=self.triplet, jobs=jobs)
            script = f"{steps} && make install DESTDIR={root}"
            env = {k: v for k, v in os.environ.items() if k not in ("LDFLAGS", "CPPFLAGS")}
            env |= {"CC": self.compiler, "CFLAGS": "-O2 -fPIC"}
            process.run(["sh", "-c", script], problem, cwd=tree, env=env)
            record.append(f"{entry['file']} {entry['sha256']}")
        # The compiler finds its C library by itself; the emulator looks for it here.
        for library in Path("/usr", self.triplet).glob("lib*"):
            (root / library.name).symlink_to(library)
        # Another C library for this machine lies beside Debian's own, where setup.py would look
        # first. Headers are copied: the compiler goes by what a link leads to.
        if (headers := Path("/usr/include", self.triplet)).is_dir():
            shutil.copytree(headers, root / "usr" / "include" / self.triplet)
            (root / "usr" / "lib" / self.triplet).symlink_to(Path("/usr/lib", self.triplet))
        return "\n".join(record) + "\n"


def _unpack_debian(architecture: str, root: Path, work: Path) -> str:
    """Fetch and unpack Debian's packages into *root*; return the record: names and SHA-256."""
    apt = Apt(work / "apt", architecture)
    apt.run("update")
    listed = apt.run("install", "--print-uris", "--yes", "--no-install-recommends", "gcc").stdout
    libgcc = re.findall(r"\b(libgcc-\d+-dev)_", listed)
    try:
        record = apt.unpack([*PACKAGES, *libgcc[:1]], root)
    except BuildError as error:
        raise BuildError(f"the packages of {architecture} can't be had: {error}") from error
    for path in [*root.iterdir(), *(root / "usr").iterdir()]:
        kept = path.name not in NOT_KEPT if path.parent.name == "usr" else path.name in KEPT
        if not kept:
            shutil.rmtree(path)
    make_links_relative(root)
    return record


def make_links_relative(root: Path) -> None:
    """Let links that begin at the root of a file system begin at *root*, wherever that is."""
    for path in root.rglob("*"):
        if path.is_symlink() and os.path.isabs(target := os.readlink(path)):
            path.unlink()
            path.symlink_to(os.path.relpath(root / target.lstrip("/"), path.parent))


def _release() -> str:
    """Return this machine's release of Debian or Ubuntu, whose packages are used."""
    path = Path("/etc/os-release")
    return path.read_text() if path.exists() else ""
