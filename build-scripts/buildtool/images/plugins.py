"""Docker's programs of a later Debian, unpacked into the cache: nothing of them is installed.

bookworm has neither buildx nor the compose plugin, and an engine without containerd's image store.
These programs need no more than bookworm's C library.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ..core import cache, paths
from ..core.apt import Apt, architecture
from ..core.errors import BuildError

RELEASE = "trixie"
# The packages of the docker command's plugins, which work alone, too.
PLUGINS = {"buildx": "docker-buildx", "compose": "docker-compose"}
PLUGIN_FOLDER = "usr/libexec/docker/cli-plugins"


def plugin(name: str) -> Path:
    """Return the program of a plugin, "buildx" or "compose"; BuildError if it can't be had."""
    return unpack(PLUGINS[name]) / PLUGIN_FOLDER / f"docker-{name}"


def unpack(package: str) -> Path:
    """Return the folder that Debian's *package* is unpacked in; BuildError if it can't be had."""
    folder = paths.cache() / "docker" / f"{RELEASE}-{package}"

    def made(new: Path, work: Path) -> str:
        print(f"fetching {package} of Debian's {RELEASE} into {folder}", file=sys.stderr)
        try:
            return Apt(work / "apt", architecture(), RELEASE).unpack([package], new, alone=True)
        except BuildError as error:
            raise BuildError(f"{package} of {RELEASE} can't be had: {error}") from error

    return cache.once(folder, made)
