"""Build, install and demonstrate an interpreter: what build.sh runs."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import (
    demo,
    exchange,
    install,
    paths,
    probe,
    progress,
    recipe,
    seriesfile,
    sources,
    system,
    targets,
    upgrade,
    versions,
)
from .configuration import BASES, SANITIZERS, Configuration
from .errors import BuildError, exit_status

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
    return build(wanted, prefix, jobs or default_jobs(), _progress(wanted), may_install)


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
    exchange.recover(prefix)
    install.check(prefix)
    if keep:
        upgrade.check(prefix, wanted)
    mode = system.package_mode(may_install)
    system.require(target, mode, shown.say)
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
        package, run = recipe.create(wanted, jobs, mode, shown)
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
    names = seriesfile.read(folder / "series").names
    if not names:
        raise BuildError(f"{folder / 'series'} lists no patch; use --stock to build without")
    for name in names:
        if not (folder / name).is_file():
            raise BuildError(f"{folder / 'series'} lists {name}, which is not there; see series.sh")


def default_jobs() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0))


def _progress(wanted: Configuration) -> progress.Progress:
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="build.sh",
        description="Build CPython with immortal objects from verified source, install it, "
        "and show how much memory a forked child then shares with its parent. What is missing on "
        "Debian or Ubuntu is installed first, as root or with sudo; otherwise the line that root "
        "has to run is printed. A second run with nothing changed builds nothing.",
        epilog="The cache (sources, compiled objects, tools) is in $CPYTHON_IMMORTAL_CACHE, by "
        "default ~/.cache/cpython-immortal. It can be deleted at any time.",
    )
    add = parser.add_argument
    add("--target", default=targets.DEFAULT, help="what to build for (default: %(default)s)")
    add("--list-targets", action="store_true", help="list the targets and stop")
    add("--version", default=versions.default(), help="of CPython (default: %(default)s)")
    add(
        "--base",
        choices=BASES,
        default="upstream",
        help="what the series is put on: upstream's release, or that with Debian's own fixes "
        f"({', '.join(versions.conan_data()['debian'])} only; default: %(default)s)",
    )
    add("--stock", action="store_true", help="build without the series, in the same way")
    add("--pgo", action="store_true", help="profile-guided optimization (takes much longer)")
    add("--lto", action="store_true", help="link-time optimization")
    add("--debug", action="store_true", help="a debug build of CPython (pydebug)")
    add("--free-threaded", action="store_true", help="a build without the GIL, of those that can")
    add("--trace-refs", action="store_true", help="keep a list of all objects, for debugging")
    add("--shared", action="store_true", help="build libpython as a shared library")
    add("--no-pymalloc", action="store_true", help="allocate everything with malloc")
    add("--no-computed-gotos", action="store_true", help="dispatch bytecode with a switch")
    add(
        "--sanitizers",
        choices=SANITIZERS,
        default="none",
        help="instrument the interpreter (default: %(default)s)",
    )
    add(
        "--prefix",
        type=Path,
        metavar="DIR",
        help="install here; DIR can be moved later. An older installation of ours in DIR is "
        "replaced as a whole, with what was added to it (default: .build/ in the checkout)",
    )
    add(
        "--upgrade",
        action="store_true",
        help="keep what was added to the installation in --prefix: site-packages, scripts, virtual "
        "environments; in one step, and say what has changed. Programs that run from it have to be "
        "started again",
    )
    add("--jobs", type=_positive, default=default_jobs(), help="compile this many files at a time")
    add("--no-packages", action="store_true", help="don't install system packages: say what to run")
    add("--no-demo", action="store_true", help="stop after the installation")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _command() -> None:
    args = _parser().parse_args()
    if args.list_targets:
        print(targets.table())
        return
    wanted = Configuration(
        target=args.target,
        version=args.version,
        immortal=not args.stock,
        base=args.base,
        computed_gotos=not args.no_computed_gotos,
        debug=args.debug,
        free_threaded=args.free_threaded,
        lto=args.lto,
        pgo=args.pgo,
        pymalloc=not args.no_pymalloc,
        sanitizers=args.sanitizers,
        shared=args.shared,
        trace_refs=args.trace_refs,
    )
    if args.upgrade and not args.prefix:
        raise BuildError("--upgrade needs --prefix: the installation to upgrade")
    prefix = args.prefix.absolute() if args.prefix else paths.output() / wanted.name
    shown = _progress(wanted)
    may_install = not args.no_packages
    python = build(wanted, prefix, args.jobs, shown, may_install, keep=args.upgrade)
    if args.no_demo:
        return
    shown.stage("demonstration")
    if targets.find(wanted.target).is_emulated:
        shown.say(f"memory: none, the emulator's own would be what it measures; run {python}")
        print(probe.describe(probe.ask(python)))
    elif wanted.recipe_options()["sanitizers"] == "none":
        print(demo.table(demo.measure(python)))
    else:
        shown.say("none: a sanitizer's own memory would be what it measures")


if __name__ == "__main__":
    sys.exit(exit_status(_command))
