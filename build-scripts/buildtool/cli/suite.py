"""The command of compare-suite.sh: CPython's test suite, patched against stock."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..core import paths, targets
from ..core.errors import BuildError, exit_status, restore_interrupt
from ..core.kinds import Kind
from ..interpreter import build, configuration
from ..recipe.options import find
from ..suite.compare import RESOURCES, Wanted, run_and_compare
from ..suite.sides import make_side
from ..suite.single import Settings
from .arguments import manual, positive

DESCRIPTION = """\
Runs CPython's own test suite with the patched and with the stock interpreter, both built by the
recipe, each module in a process of its own, and compares them case by case. The modules that
differ run alone, twice on each side, before anything is called a difference. Writes report.md
and report.json, and keeps each module's log.

Exits with 1 if patched fails, or skips, what stock passes. A run that is stopped goes on where
it was when it is started again; with other interpreters or settings it starts anew.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser; its help is the manual."""
    top = manual("compare-suite.sh", DESCRIPTION)
    add = top.add_argument
    add("tests", nargs="*", metavar="TEST", help="modules to run (default: the whole suite)")
    add("--exclude", action="append", default=[], metavar="TEST", help="leave a module out")
    add("--target", default=targets.DEFAULT, help="what to build for (default: %(default)s)")
    add("--debug", action="store_true", help="debug builds (--with-pydebug)")
    add(
        "--sanitizers",
        choices=find("sanitizers").values,
        default="none",
        help="sanitized builds; a complaint that stock doesn't cause is a failure",
    )
    add("--patched", type=Path, metavar="PYTHON", help="take this interpreter instead")
    add("--stock", type=Path, metavar="PYTHON", help="take this interpreter instead")
    add("--huntrleaks", default="", metavar="W:R", help="warm-ups and runs of a hunt for leaks")
    add("--resources", default=RESOURCES, help="what the tests may use (default: %(default)s)")
    add("--jobs", type=positive, default=build.default_jobs(), help="modules at a time")
    add("--timeout", type=float, default=1200, help="seconds for a module (default: %(default)s)")
    add("--output", type=Path, metavar="DIR", help="where to keep it all (default: in .build/)")
    add("--again", action="store_true", help="forget the outcomes of an earlier run")
    return top


def main(arguments: list[str] | None = None) -> None:
    """Run the command; BuildError for a regression and for what the user can act on."""
    restore_interrupt()
    options = parser().parse_args(arguments)
    settings = Settings(options.resources, options.timeout, options.huntrleaks)
    interpreters = {Kind.STOCK: options.stock, Kind.PATCHED: options.patched}
    kind = {"debug": options.debug, "sanitizers": options.sanitizers}
    name = configuration.Configuration(options.target, **kind).name
    name += "-leaks" if options.huntrleaks else ""
    folder = (options.output or paths.output() / "suite" / name).absolute()
    for side, python in interpreters.items():
        if python is None:
            python = build.ensure(options.target, immortal=side.immortal, **kind)
        interpreters[side] = python
    sides = [
        make_side(str(side), python.absolute(), folder, settings, options.again)
        for side, python in interpreters.items()
    ]
    wanted = Wanted(options.tests, options.exclude, options.jobs)
    found = run_and_compare(sides, wanted, settings, f"CPython's test suite: {name}")
    regressions = [one for one in found if one.kind == "regression"]
    for lost in regressions:
        print(f"regression: {lost.module} {lost.case}: {lost.stock} -> {lost.patched}")
    if regressions:
        raise BuildError(
            f"patched does not pass {len(regressions)} that stock passes; see {folder}/report.md"
        )
    print(f"no regression; {len(found)} other differences")


if __name__ == "__main__":
    sys.exit(exit_status(main))
