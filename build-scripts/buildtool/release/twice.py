"""Two builds of one commit, which have nothing in common but that and the machine.

They are made one after the other, in folders of other lengths, with other job counts, and without
compiled objects that an earlier build has left.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..core import paths, process
from ..core.errors import BuildError

FOLDERS = ("one", "other/and/deeper")


def build(
    folder: Path, jobs: int, options: Sequence[str], say: Callable[[str], None]
) -> list[Path]:
    """Build the commit of this checkout twice in *folder*, by build.sh's *options*.

    Returns the two installations. BuildError where a build fails.
    """
    if process.run(_git("status", "--porcelain"), "git doesn't know this checkout").strip():
        say("what is not committed is not built")
    made = []
    for number, name in enumerate(FOLDERS):
        place = folder / name
        checkout, cache, prefix = place / "checkout", place / "cache", place / "installed"
        if checkout.exists():
            raise BuildError(f"{checkout} exists; remove it, or use another --work")
        cache.mkdir(parents=True)
        (cache / "sources").symlink_to(_made(paths.sources()))
        process.run(_git("clone", "--quiet", str(paths.ROOT), str(checkout)), "git clone failed")
        say(f"build {number + 1} of {len(FOLDERS)}, in {place}")
        command = [sys.executable, "-m", "buildtool.cli.build", "--no-demo", *options]
        command += ["--jobs", str(jobs + number), "--prefix", str(prefix)]
        environment = process.clean_environment() | {
            "PYTHONPATH": str(checkout / "build-scripts"),
            "CPYTHON_IMMORTAL_CACHE": str(cache),
            "CCACHE_DISABLE": "1",
        }
        if subprocess.run(command, cwd=checkout, env=environment).returncode:
            raise BuildError(f"build {number + 1} failed; see the lines above")
        made.append(prefix)
    return made


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(os.path.realpath(folder))


def _git(*arguments: str) -> list[str]:
    return ["git", "-C", str(paths.ROOT), *arguments]
