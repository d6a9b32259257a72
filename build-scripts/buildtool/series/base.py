"""The source that the series goes on: python.org's, or that with Debian's patches."""

from __future__ import annotations

import tarfile

from ..core import paths, versions
from ..core.errors import BuildError
from ..recipe import sources
from .repository import Base


def make_base(version: str, kind: str = "upstream") -> Base:
    """Fetch and verify what is needed; *kind* is "upstream" or "debian".

    Raises BuildError for an unknown version and for a file that can't be had.
    """
    wanted = sources.source(versions.conan_data(), version)
    archive = sources.fetch(wanted, paths.sources(), _say)
    if kind == "upstream":
        return Base(f"CPython {version}", archive)
    patches = sources.fetch_debian_patches(wanted, paths.sources(), _say)
    if wanted.debian is None:
        raise BuildError(f"Debian has no patches for {version}; use --base upstream")
    title = f"CPython {version} with the patches of Debian's {wanted.debian.version}"
    before: list[tuple[str, bytes]] = []
    with tarfile.open(patches) as tar:
        for name in wanted.debian.fixes(_read(tar, "series").decode()):
            before.append((name, _read(tar, name)))
    return Base(title, archive, tuple(before))


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    member = tar.extractfile(f"debian/patches/{name}")
    if member is None:
        raise BuildError(f"debian/patches/{name} is no file in Debian's archive")
    return member.read()


def _say(line: str) -> None:
    """Where a file came from is of no interest here; what can't be had is in the error."""
