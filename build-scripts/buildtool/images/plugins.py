"""Docker's programs of a later Debian, unpacked into the cache: nothing of them is installed.

bookworm has neither buildx nor the compose plugin, and an engine without containerd's image store.
These programs need no more than bookworm's C library.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ..core import paths
from ..core.apt import Apt
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
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            print(f"fetching {package} of Debian's {RELEASE} into {folder}", file=sys.stderr)
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix="making-") as work:
                new = Path(work, "root")
                new.mkdir()
                try:
                    apt = Apt(Path(work, "apt"), _architecture(), RELEASE)
                    record = apt.unpack([package], new, alone=True)
                except BuildError as error:
                    raise BuildError(f"{package} of {RELEASE} can't be had: {error}") from error
                folder.with_suffix(".txt").write_text(record)
                new.rename(folder)
    return folder


def _architecture() -> str:
    """Return Debian's name of this machine's architecture."""
    if shutil.which("dpkg") is None:
        raise BuildError("there is no dpkg here")
    command = ["dpkg", "--print-architecture"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
