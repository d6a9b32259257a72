"""The command of compare-suite.sh: CPython's test suite, patched against stock."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import build, configuration, paths, suitemodule, suitereport, targets
from .errors import BuildError, exit_status, restore_interrupt
from .suitemodule import Outcome, Settings
from .suiteruns import Side, make_side, run_all

DESCRIPTION = """\
Runs CPython's own test suite with the patched and with the stock interpreter, both built by the
recipe, each module in a process of its own, and compares them case by case. The modules that
differ run alone, twice on each side, before anything is called a difference. Writes report.md
and report.json, and keeps each module's log.

Exits with 1 if patched fails, or skips, what stock passes. A run that is stopped goes on where
it was when it is started again; with other interpreters or settings it starts anew.
"""
RESOURCES = "all,-audio,-gui,-largefile,-network,-urlfetch"
# The modules that take longest come first, so that the end does not wait for one of them.
LONGEST = (
    *("test_concurrent_futures", "test_multiprocessing_spawn", "test_multiprocessing_forkserver"),
    *("test_multiprocessing_fork", "test_asyncio", "test_tools", "test_subprocess", "test_gdb"),
    *("test_peg_generator", "test_zipfile", "test_tarfile", "test_threading", "test_venv"),
)
RUNS_ALONE = 2


def parser() -> argparse.ArgumentParser:
    """Return the parser; its help is the manual."""
    top = argparse.ArgumentParser(
        prog="compare-suite.sh",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = top.add_argument
    add("tests", nargs="*", metavar="TEST", help="modules to run (default: the whole suite)")
    add("--exclude", action="append", default=[], metavar="TEST", help="leave a module out")
    add("--target", default=targets.DEFAULT, help="what to build for (default: %(default)s)")
    add("--debug", action="store_true", help="debug builds (--with-pydebug)")
    add(
        "--sanitizers",
        choices=configuration.SANITIZERS,
        default="none",
        help="sanitized builds; a complaint that stock doesn't cause is a failure",
    )
    add("--patched", type=Path, metavar="PYTHON", help="take this interpreter instead")
    add("--stock", type=Path, metavar="PYTHON", help="take this interpreter instead")
    add("--huntrleaks", default="", metavar="W:R", help="warm-ups and runs of a hunt for leaks")
    add("--resources", default=RESOURCES, help="what the tests may use (default: %(default)s)")
    add("--jobs", type=int, default=build.default_jobs(), help="modules at a time")
    add("--timeout", type=float, default=1200, help="seconds for a module (default: %(default)s)")
    add("--output", type=Path, metavar="DIR", help="where to keep it all (default: in .build/)")
    add("--again", action="store_true", help="forget the outcomes of an earlier run")
    return top


def compare(
    stock: Side, patched: Side, modules: dict[str, list[str]], settings: Settings, title: str
) -> list[suitereport.Difference]:
    """Compare all outcomes, running alone what differs; write the report; return differences."""
    found: list[suitereport.Difference] = []
    names = sorted({name for some in modules.values() for name in some})
    for module in names:
        runs = {}
        for side in (stock, patched):
            missing = Outcome(module, {}, 0)
            runs[side.name] = [side.outcome(module) or missing]
        first = suitereport.differences(runs["stock"], runs["patched"])
        if suitereport.has_regression(first):
            for number in range(1, RUNS_ALONE + 1):
                for side in (stock, patched):
                    print(f"alone: {side.name} {module}, run {number}", flush=True)
                    if module in modules[side.name]:
                        log = side.log(module, number)
                        outcome = suitemodule.run(side.python, module, settings, log)
                    else:
                        outcome = missing
                    runs[side.name].append(outcome)
            first = suitereport.differences(runs["stock"], runs["patched"])
        found += first
    outcomes = {
        side.name: (side.python, [one for one in map(side.outcome, names) if one is not None])
        for side in (stock, patched)
    }
    report = suitereport.write(stock.folder.parent, title, outcomes, found)
    print(f"report: {report}")
    return found


@dataclass(frozen=True)
class Wanted:
    """The modules to run (none: all), those to leave out, and how many at a time."""

    tests: Sequence[str]
    exclude: Sequence[str]
    jobs: int


def run_and_compare(
    sides: Sequence[Side], wanted: Wanted, settings: Settings, title: str
) -> list[suitereport.Difference]:
    """Run with both sides, stock first, what has no outcome yet; return the differences."""
    modules = {}
    for one in sides:
        known = suitemodule.list_modules(one.python)
        some = [module for module in known if module in wanted.tests or not wanted.tests]
        modules[one.name] = [module for module in some if module not in wanted.exclude]
    unknown = set(wanted.tests) - {name for some in modules.values() for name in some}
    if unknown:
        raise BuildError(f"the suite has no {', '.join(sorted(unknown))}; see python -m test")
    order = sorted((module not in LONGEST, module) for module in set().union(*modules.values()))
    runs = [(side, module) for _, module in order for side in sides if module in modules[side.name]]
    run_all(sides, runs, settings, wanted.jobs)
    return compare(sides[0], sides[1], modules, settings, title)


def main(arguments: list[str] | None = None) -> None:
    """Run the command; BuildError for a regression and for what the user can act on."""
    restore_interrupt()
    options = parser().parse_args(arguments)
    settings = Settings(options.resources, options.timeout, options.huntrleaks)
    interpreters = {"stock": options.stock, "patched": options.patched}
    kind = {"debug": options.debug, "sanitizers": options.sanitizers}
    name = configuration.Configuration(options.target, **kind).name
    name += "-leaks" if options.huntrleaks else ""
    folder = (options.output or paths.output() / "suite" / name).absolute()
    for side, python in interpreters.items():
        if python is None:
            python = build.ensure(options.target, immortal=side == "patched", **kind)
        interpreters[side] = python
    sides = [
        make_side(side, python.absolute(), folder, settings, options.again)
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
