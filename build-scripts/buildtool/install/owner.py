"""Let a new installation belong to whom the old one belongs, and be open to whom that is."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def give(path: Path, like: os.stat_result) -> None:
    """Give *path* the owner and group of *like*: root has to, another user may not. OSError."""
    found = path.lstat()
    if (found.st_uid, found.st_gid) == (like.st_uid, like.st_gid):
        return
    try:
        os.chown(path, like.st_uid, like.st_gid, follow_symlinks=False)
    except PermissionError:
        if os.geteuid() == 0:
            raise


def give_contents(folder: Path, like: os.stat_result) -> None:
    """Give all that is in *folder* the owner and group of *like*. Raises OSError."""
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            give(Path(place, name), like)


def restore(old: Path, new: Path) -> None:
    """Give *new*, and each folder in it that *old* has, too, that one's owner, group and mode.

    What is in a folder comes before it, for its mode may be one that lets nobody in. Raises
    OSError.
    """
    for place, _, _ in os.walk(new, topdown=False):
        was = old / Path(place).relative_to(new)
        if was.is_dir() and not was.is_symlink():
            found = was.stat()
            give(Path(place), found)
            os.chmod(place, stat.S_IMODE(found.st_mode))
