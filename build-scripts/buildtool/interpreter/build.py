"""Build an interpreter and install it, unless what is there is current."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..core import packages, paths, progress, targets
from ..core.errors import BuildError
from ..install import place as install
from ..install import swap, upgrade
from ..recipe import sources
from ..series import order
from . import conan, probe
from .configuration import Configuration

# Bytes: a build takes 0.4 GiB of source and objects and twice that for the package and its copy
# (measured, debug builds included); the rest is for ccache and a margin.
NEEDED_SPACE = 2 * paths.GIB
STAGES = ("check", "source", "build", "install", "demonstration")


def ensure(
    target: str,
    *,
    immortal: bool,
    debug: bool = False,
    sanitizers: str = "none",
    jobs: int | None = None,
    may_install: bool = True,
    **others: Any,
) -> Path:
    """Return the program that runs an interpreter, built first unless it is current.

    *others* are further fields of Configuration. Raises BuildError when it can't be built.
    """
    wanted = Configuration(target, immortal=immortal, debug=debug, sanitizers=sanitizers, **others)
    prefix = paths.output() / wanted.name
    return build(wanted, prefix, jobs or default_jobs(), progress_of(wanted), may_install)


def build(
    wanted: Configuration,
    prefix: Path,
    jobs: int,
    shown: progress.Progress,
    may_install: bool = True,
    keep: bool = False,
) -> Path:
    """Build *wanted* into *prefix* unless what is there is current; return its interpreter.

    Where *prefix* is a symbolic link, that is into what it points to.
    *may_install* allows apt-get to install missing system packages; *keep* keeps what the user has
    added to an older installation there. Raises BuildError, and then leaves *prefix* as it was.
    """
    shown.stage("check", wanted.name)
    source = wanted.source()
    target = targets.buildable(wanted.target)
    wanted.check()
    if wanted.immortal:
        _require_series(wanted.series)
    prefix = Path(os.path.realpath(prefix))
    swap.recover(prefix)
    install.check(prefix)
    if keep:
        upgrade.check(prefix, wanted)
    mode = packages.package_mode(may_install)
    packages.require(target, mode, shown.say)
    if install.is_current(prefix, wanted.fingerprint()):
        python = install.interpreter(prefix)
        shown.say(f"nothing has changed: {python}")
        return python
    install.check_mounts(prefix)
    for place in (paths.cache(), prefix):
        paths.require_space(place, NEEDED_SPACE)
    with _lock(shown):
        fingerprint = wanted.fingerprint()
        if install.is_current(prefix, fingerprint):
            return install.interpreter(prefix)
        shown.stage("source")
        sources.fetch(source, paths.sources(), shown.say)
        if wanted.base == "debian":
            sources.fetch_debian_patches(source, paths.sources(), shown.say)
        shown.stage("build")
        shown.say(f"full log: {shown.log}")
        shown.log.unlink(missing_ok=True)
        package, run = conan.create(wanted, jobs, mode, shown)
        shown.stage("install")
        before = install.marker(prefix)
        complete = _completed if keep else None
        record = upgrade.record(wanted)
        install.install(package, prefix, wanted.name, fingerprint, run, record, complete)
        for line in upgrade.changes(before, install.marker(prefix)) if keep else ():
            shown.say(line)
        python = install.interpreter(prefix)
        shown.say(str(python))
    return python


def _completed(old: Path, new: Path) -> None:
    """Put into *new* what the user added to *old*; BuildError if it doesn't run then."""
    upgrade.keep(old, new)
    probe.ask(install.interpreter(new))


def _require_series(series: str) -> None:
    """Raise BuildError unless *series* lists patches, and all of them are there."""
    folder = paths.series_folder(series)
    names = order.read(folder / "series").names
    if not names:
        raise BuildError(f"{folder / 'series'} lists no patch; use --stock to build without")
    for name in names:
        if not (folder / name).is_file():
            raise BuildError(f"{folder / 'series'} lists {name}, which is not there; see series.sh")


def default_jobs() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0))


def progress_of(wanted: Configuration) -> progress.Progress:
    """Return what shows the progress of a build, and keeps its log."""
    return progress.Progress(STAGES, paths.output() / "logs" / f"{wanted.name}.log")


@contextlib.contextmanager
def _lock(shown: progress.Progress) -> Iterator[None]:
    """Let one build at a time use the cache."""
    paths.cache().mkdir(parents=True, exist_ok=True)
    with (paths.cache() / "build.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            shown.say("waiting for another build that uses this cache")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
