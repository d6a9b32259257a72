"""Fetch CPython's source and Debian's patches for it, and never hand out an unverified file.

The files go into Conan's download cache (`s/SHA256` in its folder), where the recipe's download()
finds them. The recipe also exports this module, for a `conan create` that runs without build.sh on
a machine that can't reach python.org.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import tarfile
import tempfile
import urllib.request
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import lists
from ..core.apt import Apt, addresses
from ..core.errors import BuildError

# Seconds without an answer after which a server counts as unreachable.
TIMEOUT = 15


@dataclass(frozen=True)
class Debian:
    """Debian's source package of one CPython version; see conandata.yml."""

    package: str
    version: str
    original: str
    patches: str
    patches_sha256: str
    first_fix: str

    def fixes(self, series: str) -> list[str]:
        """Return the names of its own fixes, in order, from the *series* of its patches."""
        names = lists.names(series)
        return names[names.index(self.first_fix) :]


@dataclass(frozen=True)
class Source:
    """One CPython version: where its archive is, and what it has to hash to."""

    version: str
    url: str
    sha256: str
    debian: Debian | None = None
    series: str = ""
    pool: str = ""


def source(conan_data: dict[str, Any], version: str) -> Source:
    """Return the entry of *version* in the parsed conandata.yml; BuildError if there is none."""
    entries = conan_data["sources"]
    if version not in entries:
        raise BuildError(f"unknown version {version}; conandata.yml has {', '.join(entries)}")
    debian = conan_data.get("debian", {}).get(version)
    return Source(version, **entries[version], debian=Debian(**debian) if debian else None)


def verify(path: Path, sha256: str, origin: str = "") -> None:
    """Raise BuildError, which names *origin* or the file, unless its SHA-256 is *sha256*."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != sha256:
        remedy = "it was thrown away; try again later" if origin else "delete it and run again"
        raise BuildError(
            f"wrong checksum: {origin or path} has SHA-256 {digest.hexdigest()}, not {sha256}; "
            f"{remedy}"
        )


def fetch(wanted: Source, store: Path, say: Callable[[str], None]) -> Path:
    """Return the verified archive: from *store*, else python.org, else Debian.

    Of Debian that is the file in the pool of an archive that apt is configured with, or the source
    package.

    Raises BuildError for a wrong checksum and when no place has the file.
    """
    path = store / "s" / wanted.sha256
    if path.exists():
        verify(path, wanted.sha256)
        say(f"source: {path}")
        return path
    try:
        _keep(functools.partial(_download, wanted.url), wanted.sha256, path, wanted.url)
        say(f"source: {wanted.url}")
        return path
    except OSError as error:
        reason = str(getattr(error, "reason", error))
        say(f"source: {wanted.url} can't be had: {reason}")
    for address in addresses() if wanted.pool else ():
        url = f"{address}/pool/{wanted.pool}"
        try:
            _keep(functools.partial(_download, url), wanted.sha256, path, url)
        except OSError:
            continue  # an archive of other packages, or one that can't be reached
        say(f"source: {wanted.pool} of Debian's pool")
        return path
    if wanted.debian is None:
        where = f"Debian's {wanted.pool}" if wanted.pool else "a source package of Debian's"
        raise BuildError(
            f"the source of {wanted.version} can't be had from {wanted.url} ({reason}) nor as "
            f"{where}; put the file at {path}"
        )
    debian = wanted.debian
    try:
        get = _of_debian(debian.package, debian.version, debian.original)
        _keep(get, wanted.sha256, path, debian.original)
    except OSError as error:
        raise BuildError(
            f"the source of {wanted.version} can't be had from {wanted.url} ({reason}) nor as "
            f"Debian's source package ({error}); put the file at {path}"
        ) from error
    say(f"source: Debian's source package {debian.package}")
    return path


def fetch_debian_patches(wanted: Source, store: Path, say: Callable[[str], None]) -> Path:
    """Return the verified archive of Debian's patches: from *store*, else by apt-get source."""
    debian = wanted.debian
    if debian is None:
        raise BuildError(f"Debian has no patches for {wanted.version}; use --base upstream")
    package, version = debian.package, debian.version
    path = _fetch_part(package, version, debian.patches, debian.patches_sha256, store)
    say(f"Debian's patches: {path}")
    return path


def unpack(archive: Path, folder: Path, problem: str) -> Path:
    """Unpack *archive* in *folder*; return the tree in it. BuildError, which begins so: *problem*.

    A minimal Debian has no bzip2, which the command tar would call.
    """
    try:
        with tarfile.open(archive) as members:
            members.extraction_filter = lambda member, path: member
            members.extractall(folder)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise BuildError(f"{problem}: {error}") from error
    (tree,) = folder.iterdir()
    return tree


def fetch_library(
    name: str, entry: dict[str, str], store: Path, say: Callable[[str], None]
) -> Path:
    """Return the verified archive of a library: from *store*, else by apt-get source.

    *entry* is the library's in conandata.yml. Raises BuildError like fetch().
    """
    path = _fetch_part(name, entry["version"], entry["file"], entry["sha256"], store)
    say(f"source of {name}: {path}")
    return path


def _fetch_part(package: str, version: str, file: str, sha256: str, store: Path) -> Path:
    """Return the verified *file* of Debian's source package: from *store*, else by apt-get."""
    path = store / "s" / sha256
    if path.exists():
        verify(path, sha256)
        return path
    try:
        _keep(_of_debian(package, version, file), sha256, path, file)
    except OSError as error:
        raise BuildError(
            f"{file} can't be had as part of Debian's source package ({error}); "
            f"put the file at {path}"
        ) from error
    return path


def _keep(get: Callable[[Path], Path], sha256: str, path: Path, origin: str) -> None:
    """Call *get* with a temporary folder; verify the file that it returns; move it to *path*."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="fetch-") as folder:
        file = get(Path(folder))
        verify(file, sha256, origin)
        os.replace(file, path)


def _download(url: str, folder: Path) -> Path:
    """Download *url* into *folder*; OSError (which URLError is) if the server can't be reached."""
    file = folder / url.rsplit("/", 1)[1]
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer, file.open("wb") as out:
        shutil.copyfileobj(answer, out, 1 << 20)
    return file


def _of_debian(package: str, version: str, file: str) -> Callable[[Path], Path]:
    """Return what downloads a *file* of Debian's source package; OSError if apt can't."""

    def get(folder: Path) -> Path:
        apt_source(package, version, [file], folder / "apt", folder / "files")
        return folder / "files" / file

    return get


def apt_source(
    package: str, version: str, wanted: Collection[str], folder: Path, files: Path
) -> None:
    """Download some files of Debian's source package to *files*; OSError if none of them comes.

    *folder* is for apt's own state, and *wanted* the names of the files. The newest package may
    have left the mirror's pool while its original archive, which all Debian revisions of a version
    share, is still there: a failure is judged by the files.
    """
    if shutil.which("apt-get") is None:
        raise FileNotFoundError("there is no apt-get here")
    apt = Apt(folder)
    files.mkdir()
    output = ""
    for command in (
        ["update"],
        ["source", "--download-only", f"{package}={version}"],
        ["source", "--download-only", package],
    ):
        if all((files / name).exists() for name in wanted):
            break
        output = apt.run(*command, cwd=files).stderr.strip() or output
    if not any((files / name).exists() for name in wanted):
        raise FileNotFoundError(output.splitlines()[-1] if output else "apt-get brought no file")
