"""A definition by which python-build, pyenv's installer, takes our archive: a file of shell."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import BuildError
from ..core.versions import Python
from . import archive, downloads


def write(path: Path, url: str, out: Path) -> Path:
    """Write the definition of the archive *path*, which is fetched from the folder *url*."""
    match = downloads.NAME.fullmatch(path.name)
    if not match:
        raise BuildError(f"{path.name} is no name of an archive; release.sh archive makes them")
    version = match["version"] + (match["candidate"] or "")
    minor = Python(version).minor.replace(".", "")
    place = f"{url.rstrip('/')}/{path.name}#{archive.sha256(path)}"
    definition = out / f"cpython-immortal-{version}"
    # The archive's folder has the name that stands first; "copy" puts what is in it in place.
    definition.write_text(f'install_package "{archive.FOLDER}" "{place}" copy verify_py{minor}\n')
    return definition
