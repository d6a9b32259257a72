"""The root in which Windows programs are built and run: clang, lld and Wine from Debian's packages.

It is a folder in the cache, made once: root/ has the packages, unpacked; prefix/ is Wine's
drive C:; wine.sh and enter.sh run commands in it (see ci/windows/). The record lies beside it.
"""

from __future__ import annotations

import configparser
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core import cache, paths, process
from ..core.apt import Apt
from ..core.errors import BuildError
from . import target
from .target import Arch

DATA = paths.ROOT / "ci" / "windows"
# Changes when a root that was made by older code has to be made anew.
_GENERATION = 1
# Other names under which the tools do as cl and link do.
_LINKS = {"clang-cl": "../lib/llvm-19/bin/clang", "lld-link": "../lib/llvm-19/bin/lld"}
# Nobody reads it there.
_DROPPED = ("usr/share/doc", "usr/share/locale", "usr/share/man", "usr/share/X11")

# Seconds; it takes 15 when the machine has nothing else to do.
_PREFIX_TIMEOUT = 300

Say = Callable[[str], None]


@dataclass(frozen=True)
class Root:
    """A root for programs of one architecture, made or not.

    *other* is the folder of another architecture's, for what needs the compiler alone.
    """

    arch: Arch
    other: Path | None = None

    @property
    def folder(self) -> Path:
        """Return its place in the cache, which changes with what it is made from."""
        if self.other:
            return self.other
        digest = hashlib.sha256(f"{_GENERATION} {self.arch}".encode())
        for name in ("packages.ini", "enter.sh", "wine.sh"):
            digest.update((DATA / name).read_bytes())
        return paths.cache() / "windows" / f"{self.arch.name}-{digest.hexdigest()[:8]}"

    def make(self, say: Say) -> Root:
        """Make it unless it is there; return it. Raises BuildError if it can't be made."""

        def made(new: Path, work: Path) -> str:
            _require_tools()
            say(f"making {self.folder}")
            return _make(self.arch, new, work)

        cache.once(self.folder, made)
        return self

    def run(
        self, command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a Linux command in the root; it inherits our output, and *env* is added to ours."""
        return _enter(self.folder, command, cwd, env, capture=False)

    def output(self, command: Sequence[str]) -> str:
        """Return what a Linux command in the root prints; BuildError if it fails."""
        ran = _enter(self.folder, command, self.folder, None, capture=True)
        if ran.returncode:
            raise BuildError(f"{' '.join(command)} failed: {ran.stderr.strip()}")
        return ran.stdout

    def versions(self) -> tuple[str, str]:
        """Return the versions of the compiler and of Wine; no Wine where it can't run programs."""
        compiler = self.output(["clang-cl", "--version"]).splitlines()[0]
        if not self.arch.debian:
            return compiler, ""
        return compiler, self.output([f"/usr/lib/wine/{self.arch.wine}", "--version"]).strip()


def find(name: str) -> Root:
    """Return the root for the architecture *name*, made or not; BuildError for an unknown one."""
    return Root(target.find(name))


def _require_tools() -> None:
    """Raise BuildError unless this machine can make a root."""
    for tool in ("apt-get", "dpkg-deb", "unshare", "strip"):
        if shutil.which(tool) is None:
            raise BuildError(f"there is no {tool}, which takes Wine's packages apart; install it")
    ran = subprocess.run(["unshare", "--mount", "true"], capture_output=True)
    if os.geteuid() != 0 or ran.returncode:
        raise BuildError("programs for Windows are built and run in a root: run this as root")


def _make(arch: Arch, made: Path, work: Path) -> str:
    root = made / "root"
    listed = configparser.ConfigParser(allow_no_value=True)
    listed.read(DATA / "packages.ini")
    suite = listed["root"]["suite"]
    tools = Apt(work / "tools", "amd64", suite)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    record = tools.unpack(listed["tools"], root, alone=True)
    for name, link in _LINKS.items():
        (root / "usr" / "bin" / name).symlink_to(link)
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    for name in ("enter.sh", "wine.sh"):
        script = (DATA / name).read_text()
        for word in ("winearch", "wineserver", "wine"):
            script = script.replace(f"@{word.upper()}@", getattr(arch, word))
        (made / name).write_text(script)
        (made / name).chmod(0o755)
    if arch.debian:
        wine = Apt(work / "wine", arch.debian, suite)
        record += wine.unpack(listed[arch.debian], root, alone=True)
        _strip(root)
        _make_prefix(arch, made)
        record += wine.unpack(listed["fonts"], root, alone=True)
    for name in _DROPPED:
        shutil.rmtree(root / name, ignore_errors=True)
    return record


def _strip(root: Path) -> None:
    """Take what a debugger needs out of Wine's DLLs: two thirds, of which drive C: has a copy."""
    for folder in root.glob("usr/lib/*/wine/*-windows"):
        programs = [str(one) for one in folder.iterdir() if one.suffix in (".dll", ".exe", ".drv")]
        if programs:
            subprocess.run(["strip", "--strip-debug", *programs], check=True, capture_output=True)


def _make_prefix(arch: Arch, made: Path) -> None:
    """Make Wine's drive C:, with zlib, which Wine takes from there and Debian has apart."""
    system = made / "prefix" / "drive_c" / "windows" / "system32"
    system.mkdir(parents=True)
    shutil.copy(made / "root" / "usr" / arch.mingw / "lib" / "zlib1.dll", system)
    server = [f"/usr/lib/wine/{arch.wineserver}"]
    prefix = {"WINEPREFIX": str(made / "prefix")}
    try:
        ran = subprocess.run(
            [str(made / "wine.sh"), "wineboot", "--init"],
            capture_output=True,
            timeout=_PREFIX_TIMEOUT,
            start_new_session=True,
        )
        # The server writes the registry when it ends; until then drive C: is not complete.
        _enter(made, [*server, "--wait"], made, prefix, capture=True)
    except BaseException as error:
        _enter(made, [*server, "--kill"], made, prefix, capture=True)
        if isinstance(error, subprocess.TimeoutExpired):
            raise BuildError(f"Wine did not make its drive C: in {_PREFIX_TIMEOUT} s") from error
        raise
    if ran.returncode or not (made / "prefix" / "system.reg").exists():
        said = ran.stderr.decode(errors="replace")
        raise BuildError(f"Wine does not start: {process.last_line(said, 'it gives no reason')}")


def _enter(
    folder: Path,
    command: Sequence[str],
    cwd: Path,
    env: Mapping[str, str] | None,
    *,
    capture: bool,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(folder / "enter.sh"), str(folder / "root"), *command],
        cwd=cwd,
        env={**os.environ, **(env or {}), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
        stdin=subprocess.DEVNULL,
        capture_output=capture,
        text=True,
    )
