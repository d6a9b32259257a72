"""The build arguments of images: checksums of what they are made from, and where to find it."""

from __future__ import annotations

import hashlib

from .. import configuration, seriesfile
from ..errors import BuildError

KINDS = ("patched", "stock")
# Of the series, what stock builds get as well: see STOCK_PATCHES in the recipe.
STOCK_PATCHES = ("cowtrace.patch",)


def series_sha256(kind: str) -> str:
    """Return the SHA-256 of the patches of *kind*, one after the other as they are applied.

    For patched: `(cd patches/3.11 && grep -v '^#' series | xargs cat | sha256sum)`.
    """
    folder = configuration.series_folder()
    names = seriesfile.read(folder / "series").names if kind == "patched" else STOCK_PATCHES
    digest = hashlib.sha256()
    for name in names:
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def checksums(kind: str, version: str) -> dict[str, str]:
    """Return the build arguments that become labels; BuildError for an unknown version."""
    source = configuration.Configuration(version=version).source()
    return {"SERIES_SHA256": series_sha256(kind), "SOURCE_SHA256": source.sha256}


def verify(kind: str, version: str, given: dict[str, str]) -> None:
    """Raise BuildError if a build argument that was *given* is not what *kind* is made from."""
    for name, value in checksums(kind, version).items():
        if given.get(name) and given[name] != value:
            raise BuildError(f"{name} is {given[name]}, and what is here has {value}")
