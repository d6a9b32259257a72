"""Compare the outcomes of CPython's test suite, of patched against stock, case by case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.errors import BuildError
from . import report as suitereport
from . import single
from .sides import Side, run_all
from .single import Outcome, Settings

# What the tests may use, unless one says otherwise.
RESOURCES = "all,-audio,-gui,-largefile,-network,-urlfetch"
# The modules that take longest come first, so that the end does not wait for one of them.
LONGEST = (
    "test_concurrent_futures", "test_multiprocessing_spawn", "test_multiprocessing_forkserver",
    "test_multiprocessing_fork", "test_asyncio", "test_tools", "test_subprocess", "test_gdb",
    "test_peg_generator", "test_zipfile", "test_tarfile", "test_threading", "test_venv",
)  # fmt: skip
RUNS_ALONE = 2


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
                        outcome = single.run(side.python, module, settings, log)
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
        known = single.list_modules(one.python)
        some = [module for module in known if module in wanted.tests or not wanted.tests]
        modules[one.name] = [module for module in some if module not in wanted.exclude]
    unknown = set(wanted.tests) - {name for some in modules.values() for name in some}
    if unknown:
        raise BuildError(f"the suite has no {', '.join(sorted(unknown))}; see python -m test")
    order = sorted((module not in LONGEST, module) for module in set().union(*modules.values()))
    runs = [(side, module) for _, module in order for side in sides if module in modules[side.name]]
    run_all(sides, runs, settings, wanted.jobs)
    return compare(sides[0], sides[1], modules, settings, title)
