"""A root with Debian's own python3.14 and python3.15, which the newest wheels have to work with."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path

import pytest
from buildtool.core import paths
from buildtool.core.apt import Apt
from buildtool.core.errors import BuildError

PACKAGES = ("python3.14", "python3.15", "coreutils", "dash")
RELEASE = "sid"
ENTER = 'mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'


def make_root() -> Path:
    """Return the root, made once in the cache; skip the test where it can't be made."""
    allowed = subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0
    if os.geteuid() != 0 or not allowed:
        pytest.skip("Debian's interpreters run in a root, which only root can enter")
    root = paths.cache() / "debian" / RELEASE
    root.parent.mkdir(parents=True, exist_ok=True)
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            with tempfile.TemporaryDirectory(dir=root.parent) as folder:
                made = Path(folder, "made")
                for name in ("bin", "lib", "lib64", "sbin"):
                    (made / "usr" / name).mkdir(parents=True)
                    (made / name).symlink_to(f"usr/{name}")
                for name in ("proc", "dev", "tmp", "opt"):
                    (made / name).mkdir()
                try:
                    Apt(Path(folder, "apt"), "amd64", RELEASE).unpack(PACKAGES, made)
                except BuildError as error:
                    pytest.skip(f"Debian's interpreters can't be had: {error}")
                made.rename(root)
    return root


def put(root: Path, wheel: Path) -> str:
    """Unpack a wheel into the root; return the folder's name in it."""
    name = wheel.name.removesuffix(".whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(root / "opt" / name)
    return f"/opt/{name}"


def inside(root: Path, *command: str) -> list[str]:
    """Return the command that runs *command* in the root, with /proc and /dev."""
    private = ["unshare", "--mount", "--propagation", "private"]
    return [*private, "sh", "-ec", ENTER, str(root), "/usr/bin/env", *command]
