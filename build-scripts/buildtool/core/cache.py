"""Folders in the cache that are made once, as a whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

# Makes a folder, which is there and empty, with another one for what it needs meanwhile; returns
# the record of what it was made from.
Make = Callable[[Path, Path], str]


def once(folder: Path, make: Make) -> Path:
    """Return *folder*, made first unless it is there; those who want it meanwhile wait.

    It gets its name when *make* is done. The record lies beside it, as FOLDER.txt. What *make*
    raises is raised, and nothing is left behind.
    """
    import fcntl  # which Windows doesn't have, where no folder is made

    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix="making-") as work:
                new = Path(work, "new")
                new.mkdir()
                folder.with_suffix(".txt").write_text(make(new, Path(work)))
                new.rename(folder)
    return folder
