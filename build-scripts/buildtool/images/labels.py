"""The build arguments of images: checksums of what they are made from, and where to find it."""

from __future__ import annotations

from ..core.errors import BuildError
from ..core.kinds import Kind
from ..interpreter import configuration, inputs


def series_sha256(kind: Kind, version: str) -> str:
    """Return the SHA-256 of what the patches of *kind* change, in the order of the series.

    For patched, in the series' folder: `sed 's/#.*//' series | xargs sed -sn '/^diff --git /,$p' |
    sha256sum`.
    """
    series = configuration.Configuration(version=version).series
    return inputs.series_digest(series, kind.immortal)


def checksums(kind: Kind, version: str) -> dict[str, str]:
    """Return the build arguments that become labels; BuildError for an unknown version."""
    source = configuration.Configuration(version=version).source()
    return {"SERIES_SHA256": series_sha256(kind, version), "SOURCE_SHA256": source.sha256}


def verify(kind: Kind, version: str, given: dict[str, str]) -> None:
    """Raise BuildError if a build argument that was *given* is not what *kind* is made from."""
    for name, value in checksums(kind, version).items():
        if given.get(name) and given[name] != value:
            raise BuildError(f"{name} is {given[name]}, and what is here has {value}")
