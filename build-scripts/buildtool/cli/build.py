"""The command of build.sh: builds an interpreter, installs it, and demonstrates it."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from ..core import paths, targets, versions
from ..core.errors import BuildError, exit_status
from ..interpreter import build, probe
from ..interpreter.configuration import Configuration
from ..recipe.options import OPTIONS, Option
from . import demo
from .arguments import positive


def parser() -> argparse.ArgumentParser:
    """Return the parser; its help is the manual."""
    top = argparse.ArgumentParser(
        prog="build.sh",
        description="Build CPython with immortal objects from verified source, install it, "
        "and show how much memory a forked child then shares with its parent. What is missing on "
        "Debian or Ubuntu is installed first, as root or with sudo; otherwise the line that root "
        "has to run is printed. A second run with nothing changed builds nothing.",
        epilog="The cache (sources, compiled objects, tools) is in $CPYTHON_IMMORTAL_CACHE, by "
        "default ~/.cache/cpython-immortal. It can be deleted at any time.",
    )
    add = top.add_argument
    add("--target", default=targets.DEFAULT, help="what to build for (default: %(default)s)")
    add("--list-targets", action="store_true", help="list the targets and stop")
    add("--version", default=versions.default(), help="of CPython (default: %(default)s)")
    for one in OPTIONS:
        _add(top, one)
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
    add(
        "--jobs",
        type=positive,
        default=build.default_jobs(),
        help="compile this many files at a time",
    )
    add("--no-packages", action="store_true", help="don't install system packages: say what to run")
    add("--no-demo", action="store_true", help="stop after the installation")
    return top


def _add(parser: argparse.ArgumentParser, option: Option) -> None:
    """Add the flag of an option of the recipe; without it, the option has its default."""
    flag, name, default, text = option.flag, option.name, option.default, option.help
    add = partial(parser.add_argument, flag, dest=name, default=default)
    if option.is_switch:
        add(action="store_const", const=not default, help=text)
    else:
        add(choices=option.values, help=f"{text} (default: %(default)s)")


def main() -> None:
    """Run the command; BuildError for what the user can act on."""
    args = parser().parse_args()
    if args.list_targets:
        print(targets.table())
        return
    chosen = {one.name: getattr(args, one.name) for one in OPTIONS}
    wanted = Configuration(args.target, args.version, **chosen)
    if args.upgrade and not args.prefix:
        raise BuildError("--upgrade needs --prefix: the installation to upgrade")
    prefix = args.prefix.absolute() if args.prefix else paths.output() / wanted.name
    shown = build.progress_of(wanted)
    may_install = not args.no_packages
    python = build.build(wanted, prefix, args.jobs, shown, may_install, keep=args.upgrade)
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
    sys.exit(exit_status(main))
