"""The root in which Windows programs are built and run: clang, lld and Wine from Debian's packages.

It is a folder in the cache, made once: root/ has the packages, unpacked; prefix/ is Wine's
drive C:; wine.sh and enter.sh run commands in it (see ci/windows/); packages.txt is the record.
"""

from __future__ import annotations

import configparser
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import paths
from ..errors import BuildError
from . import target
from .target import Arch

DATA = paths.ROOT / "ci" / "windows"
# Changes when a root that was made by older code has to be made anew.
_GENERATION = 1
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_MIRROR = "CPYTHON_IMMORTAL_DEBIAN_MIRROR"
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
        folder = self.folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                _require_tools()
                say(f"making {folder}")
                with tempfile.TemporaryDirectory(dir=folder.parent, prefix="making-") as work:
                    made = Path(work) / "made"
                    _make(self.arch, made, Path(work))
                    made.rename(folder)
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


def _make(arch: Arch, made: Path, work: Path) -> None:
    root = made / "root"
    listed = configparser.ConfigParser(allow_no_value=True)
    listed.read(DATA / "packages.ini")
    apt = _Apt(listed["root"]["suite"], work)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    apt.unpack(listed["tools"], "amd64", root)
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
        apt.unpack(listed[arch.debian], arch.debian, root)
        _strip(root)
        _make_prefix(arch, made)
        apt.unpack(listed["fonts"], arch.debian, root)
    for name in _DROPPED:
        shutil.rmtree(root / name, ignore_errors=True)
    (made / "packages.txt").write_text("".join(apt.record))


def _strip(root: Path) -> None:
    """Take what a debugger needs out of Wine's DLLs: two thirds, of which drive C: has a copy."""
    for folder in root.glob("usr/lib/*/wine/*-windows"):
        programs = [str(one) for one in folder.iterdir() if one.suffix in (".dll", ".exe", ".drv")]
        if programs:
            _run(["strip", "--strip-debug", *programs], "strip")


class _Apt:
    """apt-get for packages of one of Debian's suites, as if none were installed."""

    def __init__(self, suite: str, work: Path) -> None:
        self.suite = suite
        self.work = work
        self.record: list[str] = []  # of each package: its file's name, and SHA-256
        for name in ("lists/partial", "parts", "archives/partial"):
            (work / name).mkdir(parents=True)
        (work / "parts" / "debian.sources").write_text(
            f"Types: deb\nURIs: {_mirror()}\nSuites: {suite}\nComponents: main\n"
            f"Signed-By: {_KEYRING}\n"
        )
        lists, parts = work / "lists", work / "parts"
        self._command = [
            *("apt-get", "-q", "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={work}"),
            *("-o", "Dir::Etc::SourceList=/dev/null", "-o", f"Dir::Etc::SourceParts={parts}"),
            *("-o", "Dir::State::Status=/dev/null", "-o", "Debug::NoLocking=1"),
            *("-o", "APT::Architecture=amd64", "-o", "APT::Architectures=amd64,i386"),
            *("-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none"),
            *("-o", "Acquire::Retries=2"),
        ]
        _run([*self._command, "update"], f"the list of {suite}'s packages", work)

    def unpack(self, names: Iterable[str], architecture: str, root: Path) -> None:
        """Download packages, verified by apt, and unpack them into *root*."""
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            wanted = [f"{name}:{architecture}" for name in names]
            _run([*self._command, "download", *wanted], f"{self.suite}'s packages", Path(folder))
            for file in sorted(Path(folder).glob("*.deb")):
                _run(["dpkg-deb", "--extract", str(file), str(root)], file.name)
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                self.record.append(f"{file.name} {digest}\n")


def _mirror() -> str:
    """Return the Debian mirror of this machine's own apt sources, or the one that is asked for."""
    if given := os.environ.get(_MIRROR):
        return given
    for path in (
        *Path("/etc/apt").glob("sources.list"),
        *Path("/etc/apt").glob("sources.list.d/*"),
    ):
        text = path.read_text() if path.suffix in (".list", ".sources") else ""
        if match := re.search(r"^[^#]*\b(https?://\S+/debian)/?\s", text, re.MULTILINE):
            return match[1]
    raise BuildError(f"no apt source of this machine is a Debian mirror; set {_MIRROR} to one")


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
        reason = ran.stderr.decode(errors="replace").strip().splitlines()
        raise BuildError(f"Wine does not start: {(reason or ['it gives no reason'])[-1]}")


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


def _run(command: list[str], what: str, cwd: Path | None = None) -> None:
    ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if ran.returncode:
        reason = (ran.stderr.strip().splitlines() or [f"exit status {ran.returncode}"])[-1]
        raise BuildError(f"{what} can't be had: {reason}")
