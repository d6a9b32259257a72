"""The comparison of CPython's test suite: with a make-believe interpreter, and with real ones."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from buildtool.cli import suite
from buildtool.core import paths, targets
from buildtool.core.errors import exit_status
from buildtool.interpreter.configuration import Configuration
from buildtool.series import repository
from buildtool.suite import report, single
from buildtool.suite.single import WHOLE, Outcome
from tools.make_believe import BAD, FINE, Run, compare, good, make_python, ran


def test_same_outcomes(tmp_path: Path) -> None:
    modules = {"test_a": good(), "test_b": [[{"t.c": "failed"}, "", 2]]}
    assert compare(tmp_path, modules, modules) == (0, {})
    assert ran(tmp_path, "stock") == ["test_a", "test_b"]
    assert "None." in (tmp_path / "out/report.md").read_text()


def test_failure_of_patched(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bad: list[Run] = [[{"t.a": "passed", "t.b": "failed"}, "", 2]]
    status, found = compare(tmp_path, {"test_a": good()}, {"test_a": bad})
    assert status == 1
    assert found == {("test_a", WHOLE): "regression", ("test_a", "t.b"): "regression"}
    assert ran(tmp_path, "patched") == ran(tmp_path, "stock") == ["test_a"] * 3
    assert "patched does not pass 2 that stock passes" in capfd.readouterr().err
    assert (
        "| test_a | t.b | passed, passed, passed | failed, failed, failed |"
        in (tmp_path / "out/report.md").read_text()
    )


@pytest.mark.parametrize(
    ("stock", "patched", "kind"),
    [
        ([FINE], [BAD, FINE, FINE], "unstable"),
        ([FINE], [BAD, FINE, BAD], "regression"),
        ([FINE, BAD, FINE], [BAD], "unstable"),
        ([BAD], [FINE], "other"),
    ],
)
def test_what_is_called_a_regression(
    tmp_path: Path, stock: list[Run], patched: list[Run], kind: str
) -> None:
    status, found = compare(tmp_path, {"test_a": stock}, {"test_a": patched})
    assert set(found.values()) == {kind}
    assert status == (kind == "regression")


HEADING = "=====\nFAIL: test_x (test.t.T.test_x) (i=3)\n-----"
UNDEFINED = "sanitizer: {}Objects/object.c:9{}:5: runtime error: load of 0x{} overflows\n"


@pytest.mark.parametrize(
    ("stock", "patched", "case"),
    [
        (good()[0], [{}, "Fatal Python error", "kill"], WHOLE),
        (good()[0], [{"t.a": "passed", "t.b": "skipped"}, "", 0], "t.b"),
        (good()[0], [{}, "1 test skipped:", 0], WHOLE),
        (good()[0], [{}, "1 test altered the execution environment:", 0], WHOLE),
        (good()[0], [{"t.a": "passed"}, HEADING, 2], "test.t.T.test_x"),
        (
            [{}, "test_a leaked [1, 0, 1] memory blocks, sum=2", 2],
            [{}, "test_a leaked [1, 1, 1] references, sum=3", 2],
            "test_a leaks references",
        ),
        (
            good()[0],
            [{}, UNDEFINED.format("/x/", 1, "7f00"), 0],
            "Objects/object.c: load of N overflows",
        ),
    ],
)
def test_every_way_to_be_worse_is_seen(tmp_path: Path, stock: Run, patched: Run, case: str) -> None:
    status, found = compare(tmp_path, {"test_a": [stock]}, {"test_a": [patched]})
    assert status == 1
    assert found["test_a", case] == "regression"


def test_hanging_module_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "GRACE", 0)
    hang: list[Run] = [[{}, "", "hang"]]
    status, found = compare(tmp_path, {"test_a": good()}, {"test_a": hang}, "--timeout=1")
    assert status == 1
    assert found == {("test_a", WHOLE): "regression"}


def test_same_complaint_at_another_line_is_no_difference(tmp_path: Path) -> None:
    stock = [[{}, UNDEFINED.format("/x/", 1, "7f00"), 0]]
    patched = [[{}, UNDEFINED.format("/y/", 2, "7e11"), 0]]
    assert compare(tmp_path, {"test_a": stock}, {"test_a": patched}) == (0, {})


def test_hunt_does_without_the_report(tmp_path: Path) -> None:
    """Which would grow with each run, and so look like a leak in every module."""
    modules = {"test_a": good()}
    assert compare(tmp_path, modules, modules, "--huntrleaks=3:3") == (0, {})
    outcome = json.loads((tmp_path / "out/patched/test_a.json").read_text())
    assert outcome["cases"] == {WHOLE: "passed"}


def test_modules_of_one_side(tmp_path: Path) -> None:
    stock = {"test_a": good(), "test_old": good()}
    patched = {"test_a": good(), "test_new": good("t.new"), "test_bad": [BAD]}
    status, found = compare(tmp_path, stock, patched)
    assert status == 1
    assert found["test_old", WHOLE] == "regression"
    assert found["test_bad", WHOLE] == "regression"
    assert "regression" not in {found[key] for key in found if key[0] == "test_new"}


def test_case_that_only_one_side_has_is_reported(tmp_path: Path) -> None:
    status, found = compare(tmp_path, {"test_a": good("t.old")}, {"test_a": good("t.new")})
    assert status == 0
    assert found == {("test_a", "t.old"): "other", ("test_a", "t.new"): "other"}


def test_second_run_goes_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    modules = {"test_a": good(), "test_b": good()}
    assert compare(tmp_path, modules, modules, "test_a") == (0, {})
    assert compare(tmp_path, modules, modules) == (0, {})
    assert "2 of 4 runs are kept" in capfd.readouterr().out
    assert ran(tmp_path, "patched") == ["test_a", "test_b"]
    assert compare(tmp_path, modules, modules, "--timeout=99") == (0, {})
    assert ran(tmp_path, "patched") == ["test_a", "test_a", "test_b", "test_b"]
    with (tmp_path / "patched/python").open("a") as program:
        program.write("# another interpreter\n")
    assert compare(tmp_path, modules, modules, "--timeout=99") == (0, {})
    assert ran(tmp_path, "patched").count("test_a") == 3
    assert ran(tmp_path, "stock").count("test_a") == 2


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["test_c"], "the suite has no test_c"),
        (["--patched", "/nowhere/python"], "/nowhere/python isn't there"),
        (["--patched", "/bin/false"], "/bin/false does not run"),
    ],
)
def test_mistakes_are_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    python = str(make_python(tmp_path / "stock", {"test_a": good()}))
    command = ["--stock", python, "--patched", python, "--output", str(tmp_path / "out")]
    assert exit_status(lambda: suite.main([*command, *arguments])) == 1
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert complaint in lines[0]


def test_outcomes_of_a_real_module(stock: Path, tmp_path: Path) -> None:
    """Passed, skipped and failed cases, sub-tests and a class that can't be set up."""
    folder = tmp_path / "test"
    folder.mkdir()
    (folder / "test_kinds.py").write_text(
        textwrap.dedent("""\
        import unittest
        class T(unittest.TestCase):
            def test_good(self): pass
            def test_bad(self): self.fail()
            @unittest.skip("why")
            def test_skipped(self): pass
            @unittest.expectedFailure
            def test_expected(self): self.fail()
            @unittest.expectedFailure
            def test_unexpected(self): pass
            def test_sub(self):
                with self.subTest(i=1): self.fail()
        class U(unittest.TestCase):
            @classmethod
            def setUpClass(cls): 1 / 0
            def test_never(self): pass
        """)
    )
    # regrtest takes modules of the package `test`; a wrapper puts the folder on its path.
    (tmp_path / "main.py").write_text(
        f"import runpy, test; test.__path__.insert(0, {str(folder)!r})\n"
        "runpy.run_module('test', run_name='__main__', alter_sys=True)\n"
    )
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nshift 2\nexec {stock} {tmp_path / "main.py"} "$@"\n')
    python.chmod(0o755)
    settings = single.Settings(suite.RESOURCES, 60)
    outcome = single.run(python, "test_kinds", settings, tmp_path / "log")
    assert {
        name.removeprefix("test.test_kinds."): kind for name, kind in outcome.cases.items()
    } == {
        WHOLE: "failed",
        "T.test_good": "passed",
        "T.test_bad": "failed",
        "T.test_skipped": "skipped",
        "T.test_expected": "expected failure",
        "T.test_unexpected": "failed",
        "T.test_sub": "failed",
        "U.setUpClass": "failed",
    }


def test_modules_count_where_a_hunt_for_leaks_knows_no_cases() -> None:
    hunted = [Outcome(name, {WHOLE: "passed"}, 1) for name in ("test_a", "test_b")]
    assert report.counts(hunted) == {"modules passed": 2}
    with_cases = Outcome("test_c", {WHOLE: "failed", "t.a": "passed", "t.b": "failed"}, 1)
    assert report.counts([with_cases]) == {"failed": 1, "passed": 1}


def test_crash_hides_no_more_than_the_module() -> None:
    stock = [Outcome("test_a", {WHOLE: "passed", "t.a": "passed"}, 1)]
    patched = [Outcome("test_a", {WHOLE: "crashed: SIGSEGV"}, 1)]
    found = report.differences(stock, patched)
    assert [(one.case, one.kind) for one in found] == [(WHOLE, "regression")]


@pytest.mark.timeout(1800)
def test_core_of_the_suite(stock: Path, patched: Path, tmp_path: Path) -> None:
    command = ["--stock", str(stock), "--patched", str(patched), "--output", str(tmp_path)]
    suite.main([*command, *targets.tests("native")])


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("kind", [[], ["--debug"], ["--sanitizers=address+undefined"]], ids=str)
def test_whole_suite(kind: list[str]) -> None:
    """Goes on where it was stopped: the outcomes are kept in .build/suite/."""
    suite.main([*kind, *(["--timeout=3600"] if kind else [])])


@pytest.mark.slow
@pytest.mark.timeout(2 * 3600)
def test_no_leaks() -> None:
    """In the modules that the series decides about, and in those that it changes or brings."""
    patches = repository.read_patches(paths.series_folder(Configuration().series))
    files = {Path(name) for patch in patches for name in patch.files}
    changed = {path.stem for path in files if path.match("Lib/test/test_*.py")}
    suite.main(
        ["--debug", "--huntrleaks=3:3", "--timeout=3600", *{*targets.tests("leaks"), *changed}]
    )
