"""Put one folder in the place of another in one step, and clear up after what was killed."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..core.errors import BuildError

# linux/fs.h and fcntl.h
AT_FDCWD, RENAME_EXCHANGE = -100, 2
# What a file system, kernel or C library says that can't exchange.
UNABLE = (errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.EOPNOTSUPP)


@contextlib.contextmanager
def beside(folder: Path, role: str) -> Iterator[Path]:
    """Give a name beside *folder*, free now, and gone afterwards."""
    path = folder.with_name(f".{folder.name}.{role}-{os.getpid()}")
    _remove(path)
    try:
        yield path
    finally:
        _remove(path)


def replace(new: Path, old: Path, aside: Path) -> None:
    """Give the folder *new* the name *old*; what had that name is afterwards *new* or *aside*.

    By renameat2(RENAME_EXCHANGE), so that *old* is there at any time, and is the one or the other.
    Where that can't be had, by two renames; and where *old* can't be renamed, as in a lower layer
    of overlayfs, it is removed before. recover() completes what is killed between such steps.
    Raises OSError, and *old* is as it was; or BuildError, where it can't be removed.
    """
    if not old.exists():
        os.rename(new, old)
    elif not _exchange(new, old):
        try:
            os.rename(old, aside)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            whole = old.with_name(f".{old.name}.whole-{os.getpid()}")
            os.rename(new, whole)
            _replace_removed(whole, old)
            return
        try:
            os.rename(new, old)
        except OSError:
            os.rename(aside, old)
            raise


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one process at a time change *folder*; clear away what killed ones left beside it.

    The lock is on the folder above, and ends with the process that has it, however that ends.
    """
    place = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        _clear(folder)
        yield
    finally:
        os.close(place)


def recover(folder: Path) -> None:
    """Clear away what killed processes left beside *folder*; put it back if it is among that.

    Waits for a process that is at work there.
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), alone(folder):
        pass


def _clear(folder: Path) -> None:
    """Do what recover() does, while no other process is at work there."""
    name = re.compile(rf"\.{re.escape(folder.name)}\.(new|old|whole)-\d+")
    for path in sorted(folder.parent.iterdir()):
        found = name.fullmatch(path.name)
        if not found:
            continue
        if found[1] == "whole":
            _replace_removed(path, folder)
        elif found[1] == "old" and not folder.exists():
            os.rename(path, folder)
        else:
            _remove(path)


def _replace_removed(whole: Path, old: Path) -> None:
    """Remove *old*, if it is there, and give its name to *whole*. BuildError if that fails."""
    _remove(old)
    try:
        os.rename(whole, old)
    except OSError as error:
        raise BuildError(
            f"{old} can't be removed as a whole ({error.strerror}); remove it, and run this again: "
            f"{whole}, which has all that was added, takes its place"
        ) from error


def _remove(folder: Path) -> None:
    """Remove *folder* as far as that can be done, also what is in read-only folders."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for *_, descriptor in os.fwalk(folder):
            with contextlib.suppress(PermissionError):
                os.fchmod(descriptor, 0o700)
        shutil.rmtree(folder, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange the names of two folders, which are there; tell whether that can be done here."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    names = (AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other))
    if renameat2(*names, RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in UNABLE:
        return False
    raise OSError(number, os.strerror(number), str(other))
