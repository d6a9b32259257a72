"""CPython's own test suite, with gc.immortalize_heap() in the middle of each test file.

The same interpreter runs it with gc.collect() there; middle/run.py makes the call. What differs
is in middle/expected.py, with the reason: tests of counts, of weak references, of what is freed.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from buildtool.core import paths
from buildtool.suite import compare, report, single
from buildtool.suite.sides import make_side
from buildtool.suite.single import WHOLE, Settings
from harness import TESTS, Interpreters
from interpreter.middle import expected

RUN = TESTS / "interpreter/middle" / "run.py"
CALLS = {"stock": "collect", "patched": "heap"}
# Quick modules about the objects that everything is made of.
CORE = ("test_dict", "test_exceptions", "test_generators", "test_list", "test_opcodes", "test_set")


def wrapped(python: Path, call: str, folder: Path) -> Path:
    """Return a program like *python*, whose -m test makes the call in the middle of each file."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / f"python-{call}"
    text = f"""#!/bin/sh
if [ "$1 $2" = "-m test" ] && [ "$3" != --list-tests ]; then
    shift 2
    exec {python} {RUN} {call} "$@"
fi
exec {python} "$@"
"""
    if not script.exists() or script.read_text() != text:
        script.write_text(text)
        script.chmod(0o755)
    return script


def unexpected(
    python: Path, tests: tuple[str, ...], folder: Path, timeout: float = 1200
) -> list[report.Difference]:
    """Run modules (none: all) with either call; return the regressions that nothing explains."""
    settings = Settings(compare.RESOURCES, timeout)
    sides = [
        make_side(side, wrapped(python, call, folder), folder, settings, again=False)
        for side, call in CALLS.items()
    ]
    wanted = compare.Wanted(tests, (), 2)
    found = compare.run_and_compare(sides, wanted, settings, "The call in the middle of each file")
    worse = [one for one in found if one.kind == "regression"]
    explained = {one.module for one in worse if expected.reason(one.module, one.case)}

    def is_explained(one: report.Difference) -> bool:
        """A module that failed has a test that did; a crash has none, and is never explained."""
        if one.case != WHOLE:
            return expected.reason(one.module, one.case) is not None
        if set(one.patched) <= {"environment changed"}:
            logs = (folder / "patched").glob(f"{one.module}.*log")
            return all(expected.is_only_dangling(log.read_text(errors="replace")) for log in logs)
        return one.module in explained and set(one.patched) <= {"failed"}

    return [one for one in worse if not is_explained(one)]


def describe(found: list[report.Difference]) -> str:
    return "\n".join(f"{one.module} {one.case}: {one.stock} -> {one.patched}" for one in found)


def test_core(patched: Path, tmp_path: Path) -> None:
    found = unexpected(patched, CORE, tmp_path)
    assert not found, describe(found)
    for side, call in (("stock", "collect"), ("patched", "immortalize_heap")):
        for module in CORE:
            log = (tmp_path / side / f"{module}.log").read_text(errors="replace")
            assert f"\nmiddle: {call}() " in log, module


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("debug", (False, True), ids=("release", "debug"))
def test_whole_suite(interpreters: Interpreters, debug: bool) -> None:
    """Goes on where it was stopped: the outcomes are kept in .build/middle/."""
    python = interpreters(immortal=True, **({"debug": True} if debug else {}))
    folder = paths.output() / "middle" / ("debug" if debug else "release")
    found = unexpected(python, (), folder, timeout=3600 if debug else 1200)
    assert not found, describe(found)


def test_an_unexplained_failure_is_found(patched: Path, tmp_path: Path) -> None:
    """The hook makes the call in the middle test, not in the first or the last."""
    folder = tmp_path / "test"
    folder.mkdir()
    (folder / "test_made.py").write_text(
        "import gc, unittest\n"
        "def immortal(): return gc.is_immortal(T)\n"
        "class T(unittest.TestCase):\n"
        "    def test_1(self): self.assertFalse(immortal())\n"
        "    def test_2(self): immortal(); self.assertTrue(immortal() and immortal())\n"
        "    def test_3(self): self.assertTrue(immortal())\n"
    )
    shim = tmp_path / "shim.py"
    shim.write_text(
        f"import sys, test; test.__path__.insert(0, {str(folder)!r}); del sys.argv[0]\n"
        "import runpy; runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\n[ "$1" = {RUN} ] && set -- {shim} "$@"\nexec {patched} "$@"\n')
    python.chmod(0o755)
    outcomes = {}
    for call in CALLS.values():
        program = wrapped(python, call, tmp_path)
        log = tmp_path / f"{call}.log"
        ran = single.run(program, "test_made", Settings(compare.RESOURCES, 60), log)
        outcomes[call] = ran.cases
    name = "test.test_made.T.test_"
    assert {outcomes["heap"][f"{name}{number}"] for number in (1, 2, 3)} == {"passed"}
    assert outcomes["collect"][f"{name}1"] == "passed"
    assert outcomes["collect"][f"{name}2"] == outcomes["collect"][f"{name}3"] == "failed"
