"""Have apt-get fetch what the machine doesn't have, without a change to its own settings."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

from . import process
from .errors import BuildError

# A Debian mirror for another release, on a machine whose own entries name none: Ubuntu.
MIRROR = "CPYTHON_IMMORTAL_DEBIAN_MIRROR"


class Apt:
    """apt-get with lists of its own in *folder*, made from the entries that stand on the machine.

    It asks for source packages, or for the binary ones of *architecture* (in Debian's words), as
    if none were installed; those of another *release* than this machine's, if it is given. Nothing
    of it needs root.
    """

    def __init__(self, folder: Path, architecture: str = "", release: str = "") -> None:
        self.archives = folder / "archives"
        lists, parts, state = folder / "lists", folder / "parts", folder / "status"
        for made in (lists / "partial", parts, self.archives / "partial"):
            made.mkdir(parents=True)
        entries = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
        mirror = os.environ.get(MIRROR) if release else None
        if mirror:
            keyring = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
            (parts / "mirror.list").write_text(f"deb {keyring} {mirror} {release} main\n")
        for entry in entries if not mirror else []:
            if entry.is_file() and entry.suffix in (".list", ".sources"):
                text = entry.read_text()
                text = text if architecture else source_entries(text, entry.suffix)
                text = other_release(text, release) if release else text
                (parts / entry.name).write_text(text)
        settings = [
            f"Dir::State::Lists={lists}",
            "Dir::Etc::SourceList=/dev/null",
            f"Dir::Etc::SourceParts={parts}",
            f"Dir::Cache={folder}",
            "Acquire::Languages=none",
            "APT::Sandbox::User=root",
            "Acquire::Retries=1",
        ]
        if architecture:
            state.touch()
            settings += [
                f"Dir::State::status={state}",
                "Debug::NoLocking=1",
                f"APT::Architecture={architecture}",
                f"APT::Architectures={architecture}",
            ]
        self._command = ["apt-get", *(word for one in settings for word in ("-o", one))]

    def run(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run apt-get with *arguments*; OSError if there is none. It's the caller that judges.

        An entry without the wanted packages makes "update" fail and is of no account: what counts
        is whether the files come.
        """
        command = [*self._command, *arguments]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True)

    def unpack(self, packages: Collection[str], root: Path, *, alone: bool = False) -> str:
        """Fetch *packages*, with all they depend on unless *alone*; unpack them into *root*.

        Returns a record, the names of the files and their SHA-256. Raises BuildError.
        """
        if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            raise BuildError("what is made from Debian's packages needs apt-get and dpkg-deb")
        updated = self.run("update")
        install = ("install", "--download-only", "--yes", "--no-install-recommends")
        fetch = ("download",) if alone else install
        ran = self.run(*fetch, *packages, cwd=self.archives)
        files = sorted(self.archives.glob("*.deb"))
        if ran.returncode or not files:
            reason = (ran.stderr.strip().splitlines() or ["apt-get brought nothing"])[0]
            before = [line for line in updated.stderr.splitlines() if line.startswith("E: ")]
            reason = "; before that, ".join([reason, *before[:1]])
            raise BuildError(f"this machine's apt sources don't have them: {reason}")
        record = []
        for file in files:
            command = ["dpkg-deb", "--extract", str(file), str(root)]
            process.run(command, f"{file.name} can't be unpacked")
            record.append(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n")
            file.unlink()
        return "".join(record)


def architecture() -> str:
    """Return Debian's name of this machine's architecture; BuildError if there is no dpkg."""
    if shutil.which("dpkg") is None:
        raise BuildError("there is no dpkg here")
    return process.run(["dpkg", "--print-architecture"], "dpkg doesn't run").strip()


def addresses() -> list[str]:
    """Return the addresses of the archives that stand in the machine's own entries, each once."""
    mirror = os.environ.get(MIRROR)
    found = [mirror] if mirror else []
    for entry in [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]:
        if entry.is_file() and entry.suffix in (".list", ".sources"):
            found += uris(entry.read_text())
    return [one.rstrip("/") for one in dict.fromkeys(found) if one.startswith("http")]


def uris(text: str) -> list[str]:
    """Return the addresses in an apt sources file, of either form."""
    lines = re.findall(r"^(?:URIs:|deb(?:-src)? +(?:\[.*\])?) *(.*)", text, re.MULTILINE)
    return [word for line in lines for word in line.split() if "://" in word]


def other_release(text: str, release: str) -> str:
    """Return the entries of an apt sources file, asking for Debian's *release* alone."""
    text = re.sub(r"^Suites:.*", f"Suites: {release}", text, flags=re.MULTILINE)
    return re.sub(
        r"^(deb(?:-src)? (?:\[.*\] )?\S+) \S+", rf"\1 {release}", text, flags=re.MULTILINE
    )


def source_entries(text: str, suffix: str) -> str:
    """Return the entries of an apt sources file (".list" or ".sources"), asking for sources."""
    lines = []
    for line in text.splitlines():
        if suffix == ".list" and line.startswith("deb "):
            line = "deb-src " + line[4:]
        elif suffix == ".sources" and line.startswith("Types:"):
            line = "Types: deb-src"
        lines.append(line)
    return "\n".join(lines) + "\n"
