"""One target of the matrix: build both interpreters, prove what they are, test and compare them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ..core import paths, process, targets, versions
from ..core.errors import BuildError
from ..core.kinds import Kind
from ..core.targets import Known, Target
from ..interpreter import inputs, probe
from ..interpreter.configuration import Configuration, compiler_version
from ..suite import compare, single
from ..suite import report as suitereport
from ..suite.report import Difference
from ..suite.sides import Side, make_side
from ..suite.single import WHOLE
from . import upstream_build

PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"
NO_COMPILER = "not run: cl.exe is not among the compilers that the tests call"
# The tests of tests/ that say something else on another machine.
OWN_TESTS = (
    "tests/interpreter/test_drift.py",
    "tests/interpreter/test_encodings.py::test_encoding_here",
)
# Characters of a failed run's log that go to the terminal, too.
SHOWN_OF_LOG = 8000
# Counts to 2**29 in a loop: minutes in an emulator, and the other tests go to the same places.
TOO_SLOW_EMULATED = "macro"
RESOURCES = "all,-audio,-gui,-largefile,-network,-urlfetch,-cpu"
# Seconds for one module of CPython's tests, natively and emulated.
NATIVE_TIMEOUT, EMULATED_TIMEOUT = 1200, 3600


@dataclass
class Result:
    """A line of the table. *series* tells one from another.

    *seconds* are wall-clock times of the steps, *cpu* is the processors' time for all of them, in
    seconds: in this run, which may have gone on with an earlier one's, and without Wine's server.
    """

    target: str
    made_of: str = ""
    series: str = ""
    state: str = NOT_RUN
    reason: str = ""
    compiler: str = ""
    emulator: str = ""
    inside: dict[str, Any] = field(default_factory=dict)
    encodings: str = NOT_RUN
    cases: dict[str, dict[str, int]] = field(default_factory=dict)
    tests: str = ""
    modules: int = 0
    regressions: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    cpu: float = 0


@dataclass(frozen=True)
class Request:
    """How to run: where results go, how many jobs, which list of tests (or the target's own)."""

    folder: Path
    jobs: int
    tests: str = ""
    again: bool = False
    may_install: bool = True


def run(target: Target, request: Request) -> Result:
    """Run *target*; what stands in the way is the result's reason, never an exception."""
    result = Result(target.name, made_of(target), series())
    before = os.times()
    try:
        _run(target, request, result)
    except BuildError as error:
        result.reason = str(error)
    after = os.times()
    system = after.children_system - before.children_system
    result.cpu = round(after.children_user - before.children_user + system)
    return result


def _run(target: Target, request: Request, result: Result) -> None:
    """Fill in *result*. Up to the tests, a BuildError means that the target was not run."""
    os.environ.update(single.SANITIZED)
    pythons: dict[str, Path] = {}
    for kind in Kind:
        start = time.monotonic()
        pythons[kind] = _build(target, kind, request)
        result.seconds[f"build {kind}"] = round(time.monotonic() - start)
    if target.runner == "compile":
        result.compiler, result.emulator = tools(target, pythons[Kind.PATCHED])
        result.state = PASSED
        result.reason = "compiled only: nothing of it runs here"
        return
    for kind in Kind:
        options = Configuration(target.name, immortal=kind.immortal).recipe_options()
        found = probe.ask(pythons[kind])
        probe.check(target, options if target.profile else {}, found)
        result.inside = found
    result.compiler, result.emulator = tools(target, pythons[Kind.PATCHED])
    # From here on the target has run: what is wrong with it is a failure.
    result.state = FAILED
    start = time.monotonic()
    result.encodings = _run_own_tests(target, pythons, request.folder / target.name)
    result.seconds["own tests"] = round(time.monotonic() - start)
    start = time.monotonic()
    _run_suite(target, pythons, request, result)
    result.seconds["suite"] = round(time.monotonic() - start)
    if result.encodings not in (PASSED, NO_COMPILER):
        raise BuildError(f"the series' own tests: {result.encodings}")
    if result.regressions:
        raise BuildError(f"patched does not pass {len(result.regressions)} that stock passes")
    result.state = PASSED


def _build(target: Target, kind: Kind, request: Request) -> Path:
    if target.runner == "hosted":
        return upstream_build.build(target, kind, request.jobs, request.folder / target.name)
    from ..interpreter import build  # which needs what only Unix has

    return build.ensure(
        target.name, immortal=kind.immortal, jobs=request.jobs, may_install=request.may_install
    )


def tools(target: Target, python: Path) -> tuple[str, str]:
    """Return the versions of compiler and emulator, as they give them themselves."""
    if target.runner == "hosted":
        return probe.ask(python)["compiler"], ""
    if target.system == "Windows":
        from ..windows import root  # which needs what only Unix has

        return root.find(target.arch).versions()
    emulator = ""
    if target.runner.startswith("qemu-"):
        emulator = process.first_line(target.runner, "--version")
    return compiler_version(target).partition("\n")[0], emulator


def _run_own_tests(target: Target, pythons: dict[str, Path], folder: Path) -> str:
    """Run those of tests/ that depend on the machine; return PASSED, or what went wrong."""
    if target.runner == "hosted" and target.system == "Windows":
        return NO_COMPILER
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "own.xml"
    report.unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
        f"--junit-xml={report}", "--timeout=3600",
        *OWN_TESTS,
    ]  # fmt: skip
    if target.runner.startswith("qemu-"):
        command += ["-k", f"not {TOO_SLOW_EMULATED}"]
    environment = os.environ | {
        "CPYTHON_IMMORTAL_STOCK": str(pythons[Kind.STOCK]),
        "CPYTHON_IMMORTAL_PATCHED": str(pythons[Kind.PATCHED]),
    }
    log = folder / "own.log"
    with log.open("wb") as out:
        ran = subprocess.run(command, cwd=paths.ROOT, env=environment, stdout=out, stderr=out)
    if not report.exists():
        return f"pytest gave no report; see {log}"
    cases = list(ET.parse(report).iter("testcase"))
    passed = [case for case in cases if not len(case)]
    if ran.returncode or len(passed) < len(cases) or not cases:
        # Whoever reads this may have no other sight of the machine.
        print(log.read_text(errors="replace")[-SHOWN_OF_LOG:], flush=True)
        return f"{len(passed)} of {len(cases)} passed; see {log}"
    return PASSED


def _run_suite(target: Target, pythons: dict[str, Path], request: Request, result: Result) -> None:
    timeout = EMULATED_TIMEOUT if target.is_emulated else NATIVE_TIMEOUT
    settings = single.Settings(RESOURCES, timeout, target.huntrleaks)
    folder = request.folder / target.name
    sides = [
        make_side(side, python, folder, settings, request.again) for side, python in pythons.items()
    ]
    result.tests = request.tests or target.tests
    tests = [*targets.tests(result.tests), "test_immortal"]
    wanted = compare.Wanted(tests, (), request.jobs)
    found = compare.run_and_compare(sides, wanted, settings, f"CPython's tests on {target.name}")
    excused = shown_in_stock(target.baseline, pythons[Kind.STOCK])
    result.regressions = regressions(found, failures(sides[1], tests), excused)
    result.modules = len(tests)
    for side in sides:
        outcomes = [one for one in map(side.outcome, tests) if one is not None]
        result.cases[side.name] = suitereport.counts(outcomes)
    compare_baseline(target.baseline, failures(sides[0], tests) | excused, tests, result)


def shown_in_stock(baseline: list[Known], stock: Path) -> set[tuple[str, str]]:
    """Return (module, case) of what stock doesn't have, and fails in a program of its own."""
    found = set()
    for known in baseline:
        command = [str(stock), "-I", "-c", known.shown_by]
        if known.shown_by and subprocess.run(command, capture_output=True).returncode:
            found.add((known.test, known.case))
    return found


def regressions(
    found: list[Difference], failed: set[tuple[str, str]], excused: set[tuple[str, str]]
) -> list[str]:
    """Return the regressions that nothing excuses; *failed* is what failed in patched.

    A module that stock doesn't have is a regression by itself, whichever of its cases failed: it is
    excused where all of these are.
    """
    lost = []
    for one in found:
        cases = {(one.module, one.case)}
        if one.case == WHOLE and one.patched[0] == "failed":
            cases = {pair for pair in failed if pair[0] == one.module}
        left = sorted(case for _, case in cases - excused)
        if one.kind == "regression" and left:
            shown = one.case if one.case != WHOLE else f"{WHOLE}: {', '.join(left)}"
            lost.append(f"{one.module} {shown}: {one.stock[0]} -> {one.patched[0]}")
    return lost


def failures(side: Side, tests: list[str]) -> set[tuple[str, str]]:
    """Return (module, case) of what failed; (module, "") of a module that has no such case."""
    found = set()
    for outcome in filter(None, map(side.outcome, tests)):
        bad = {case for case, state in outcome.cases.items() if state.startswith(suitereport.BAD)}
        named = bad - {WHOLE}
        found |= {(outcome.module, case) for case in named}
        if bad and not named:
            found.add((outcome.module, ""))
    return found


def compare_baseline(
    baseline: list[Known], failed: set[tuple[str, str]], tests: list[str], result: Result
) -> None:
    """Note which failures of stock are known, which aren't, and which known ones did not show."""
    known = {(one.test, one.case): one.cause for one in baseline if one.test in tests}
    name = "{0[0]} {0[1]}".format
    result.known = [f"{name(one).strip()}: {known[one]}" for one in sorted(failed & set(known))]
    result.unlisted = [name(one).strip() for one in sorted(failed - set(known))]
    result.unseen = [name(one).strip() for one in sorted(set(known) - failed)]


def series() -> str:
    """Return the beginning of the hash of what the series changes."""
    data = versions.conan_data()
    return inputs.series_digest(versions.series(data, versions.default()))[:8]


def made_of(target: Target) -> str:
    """Return a hash of what a result depends on; what is known to fail is not among it."""
    version = versions.default()
    files = [*inputs.inputs(target, version), paths.ROOT / "ci" / "tests.toml"]
    entry = repr(replace(target, baseline=[]))
    return hashlib.sha256(f"{entry} {inputs.digest(files, version)}".encode()).hexdigest()


def load(target: Target, folder: Path) -> Result:
    """Return the result that an earlier run kept, unless something has changed since."""
    file = folder / target.name / "result.json"
    try:
        result = Result(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return Result(target.name, reason="not asked for yet")
    if result.made_of != made_of(target):
        return Result(target.name, reason="not since the series, the recipe or the tests changed")
    return result


def keep(result: Result, folder: Path) -> None:
    """Keep *result* for the table."""
    place = folder / result.target
    place.mkdir(parents=True, exist_ok=True)
    part = place / "result.part"
    part.write_text(json.dumps(asdict(result), indent=1) + "\n")
    shutil.move(part, place / "result.json")
