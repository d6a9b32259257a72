"""An archive of an installation, in the layout that python-build-standalone made common.

All lies in a folder `python`, which can be unpacked anywhere. Two archives of equal installations
are equal: in order, owned by nobody, of one time.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import tarfile
import tempfile
from pathlib import Path

from ..core import targets
from ..core.errors import BuildError
from ..images.trim import trim
from ..interpreter.configuration import Configuration
from . import names

FOLDER = "python"
# Where sysconfig's variables say that it lies; python-build-standalone's do, and tools replace it.
PLACE = "/install"
# What recipe/relocate.py has written there: the place that was configured.
RELOCATED = re.compile(r"^_relocate\('(.+)'\)$", re.MULTILINE)


def write(prefix: Path, wanted: Configuration, out: Path, stripped: bool = False) -> Path:
    """Write the archive of the installation of *wanted* in *prefix*, and its checksum's file.

    Returns the archive, which is in *out* as a whole or not at all. Tests, the static library and
    compiled modules are left out; *stripped* leaves out symbols as well.
    """
    kind = "install_only_stripped" if stripped else "install_only"
    path = out / f"{names.release(wanted).name}-{kind}.tar.gz"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix="making-") as work:
        folder = Path(work, FOLDER)
        stage(prefix, wanted, folder, stripped)
        _name_place(folder)
        made = Path(work, path.name)
        _pack(folder, made, names.epoch())
        checked = checksum(made)
        checked.write_text(f"{sha256(made)}  {path.name}\n")
        made.replace(path)
        checked.replace(checksum(path))
    return path


def stage(prefix: Path, wanted: Configuration, folder: Path, stripped: bool) -> None:
    """Make of the installation in *prefix*, in *folder*, what is published of it."""
    shutil.copytree(prefix, folder, symlinks=True)
    trim(folder, targets.find(wanted.target), keep_symbols=not stripped)


def checksum(path: Path) -> Path:
    """Return the file with the checksum of an archive, as sha256sum --check takes it."""
    return path.with_name(f"{path.name}.sha256")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def _name_place(folder: Path) -> None:
    """Make sysconfig's variables begin at PLACE, which they replace by themselves when asked.

    uv replaces it in the file, of which it keeps the variables alone.
    """
    for path in folder.glob("lib/*/_sysconfigdata_*.py"):
        text = path.read_text()
        if found := RELOCATED.search(text):
            path.write_text(text.replace(found[1], PLACE))


def _pack(folder: Path, path: Path, when: int) -> None:
    """Write *folder*, under its name, into the archive *path*."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        if not (member.isfile() or member.isdir() or member.issym()):
            raise BuildError(f"{member.name} is no file, folder or link; it can't be published")
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = when
        runs = member.isdir() or member.mode & 0o100
        member.mode = 0o755 if runs else 0o644
        return member

    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", 6, file, mtime=0) as packed,
        tarfile.TarFile("", "w", packed, format=tarfile.PAX_FORMAT) as archive,
    ):
        for place in (folder, *sorted(folder.rglob("*"), key=os.fsencode)):
            name = place.relative_to(folder.parent).as_posix()
            archive.add(place, name, recursive=False, filter=plain)
