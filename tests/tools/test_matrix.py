"""The list of targets, and the command that runs them: nothing is green by default."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from buildtool.cli import matrix
from buildtool.core import pages, paths, targets
from buildtool.core.errors import BuildError, exit_status
from buildtool.core.kinds import Kind
from buildtool.core.targets import Known, Target
from buildtool.interpreter import configuration, probe
from buildtool.matrix import examine, record
from buildtool.matrix import table as matrixtable
from buildtool.matrix.examine import FAILED, NOT_RUN, PASSED, Request, Result
from buildtool.suite.report import Difference
from harness import conan

TARGETS = list(targets.load().values())
LINUX = [target for target in TARGETS if target.system == "Linux"]


def names(some: list[Target]) -> list[str]:
    return [target.name for target in some]


@pytest.mark.parametrize("target", TARGETS, ids=names(TARGETS))
def test_entry_makes_sense(target: Target) -> None:
    assert target.system in ("Linux", "Windows", "Darwin")
    assert target.bits in (32, 64) and target.byte_order in ("little", "big")
    assert target.alignment in (2, 4, 8) and target.alignment * 8 <= target.bits
    assert target.tier == 3 if target.runner == "hosted" else target.tier in (1, 2)
    assert targets.tests(target.tests)
    assert all(known.cause for known in target.baseline)
    options = configuration.Configuration(target.name).recipe_options()
    assert target.options.keys() <= options.keys()


def test_first_tier_has_each_encoding() -> None:
    first = {(one.system, one.bits, one.byte_order) for one in TARGETS if one.tier == 1}
    both = {("Linux", bits, order) for bits in (32, 64) for order in ("little", "big")}
    assert both <= first


@pytest.fixture(scope="module")
def conan_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Conan home with a default profile, and with the architectures of ci/conan/."""
    home = tmp_path_factory.mktemp("conan")
    for command in (
        ["config", "install", str(paths.ROOT / "ci" / "conan")],
        ["profile", "detect"],
    ):
        conan(home, *command)
    return home


@pytest.mark.parametrize("target", LINUX, ids=names(LINUX))
def test_profile_agrees_with_the_list(target: Target, conan_home: Path) -> None:
    if target.profile == "x86_64-clang" and shutil.which("clang") is None:
        pytest.skip("clang is not installed, and its profile asks it for its version")
    profile = f"-pr:h=ci/profiles/{target.profile}"
    said = conan(conan_home, "profile", "show", profile, "--format=json", stderr=subprocess.PIPE)
    shown = json.loads(said)["host"]
    conf = shown["conf"]
    assert conf["tools.build:compiler_executables"]["c"] == target.compiler
    assert conf.get("user.cpython-immortal:runner", "native") == target.runner
    assert conf.get("user.cpython-immortal:toolchain", "") == target.release
    if conf.get("user.cpython-immortal:sysroot"):
        assert conf["user.cpython-immortal:packages"] == target.packages
    assert shown["settings"]["compiler"] in target.compiler


def test_list_for_the_workflow() -> None:
    one = json.loads(matrix.github(matrix.choose([], 3, False)))["include"]
    assert {entry["hosted"].split("-")[0] for entry in one} == {"windows", "macos"}
    every = json.loads(matrix.github(matrix.choose([], None, True)))["include"]
    listed = {entry["target"] for entry in (*one, *every)}
    assert listed == set(names(TARGETS))
    assert len(one) + len(every) == len(TARGETS)


def test_lists_of_tests_include_others() -> None:
    assert set(targets.tests("core")) < set(targets.tests("native"))
    with pytest.raises(BuildError, match="has no list everything; it has core"):
        targets.tests("everything")


def test_interpreter_is_what_the_list_says(patched: Path, stock: Path) -> None:
    target = targets.find(targets.DEFAULT)
    for python, immortal in ((stock, False), (patched, True)):
        options = configuration.Configuration(immortal=immortal).recipe_options()
        probe.check(target, options, probe.ask(python))
        wrong = options | {"immortal": str(not immortal)}
        with pytest.raises(BuildError, match="should have immortal"):
            probe.check(target, wrong, probe.ask(python))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"machine": "EM_S390"}, "machine EM_S390, and finds EM_X86_64"),
        ({"byte_order": "big"}, "byte_order big, and finds little"),
        ({"bits": 32}, "bits 32, and finds 64"),
        ({"alignment": 2}, "alignment 2, and finds 8"),
        ({"system": "Windows"}, "system Windows, and finds Linux"),
    ],
)
def test_wrong_machine_is_not_green(
    change: dict[str, object], complaint: str, patched: Path, stock: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    pythons = {Kind.PATCHED: patched, Kind.STOCK: stock}
    monkeypatch.setattr(examine, "_build", lambda target, kind, request: pythons[kind])
    target = replace(targets.find(targets.DEFAULT), **change)
    result = examine.run(target, Request(tmp_path, 1))
    assert result.state == NOT_RUN
    assert complaint in result.reason


def test_flavour_is_looked_at_from_inside(stock: Path) -> None:
    answers = probe.ask(stock)
    target = targets.find(targets.DEFAULT)
    for option in ("debug", "trace_refs", "pymalloc", "computed_gotos"):
        wrong = {option: str(not answers[option])}
        with pytest.raises(BuildError, match=f"should have {option} "):
            probe.check(target, wrong, answers)
    sanitized = {"pymalloc": "True", "sanitizers": "address+undefined"}
    with pytest.raises(BuildError, match="should have pymalloc False"):
        probe.check(target, sanitized, answers)


def run(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    """Run matrix.sh's command; return its status and its table."""
    status = exit_status(lambda: matrix.main(["--output", str(tmp_path), *arguments]))
    page = tmp_path / "table.md"
    return status, page.read_text() if page.exists() else ""


def test_hosted_target_is_not_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, table = run(tmp_path, "x86_64-windows-cl")
    assert status == 1
    assert "| x86_64-windows-cl | not run: only a hosted runner has it: windows-2022 |" in table
    assert "| s390x-gcc | not run: not asked for yet |" in table
    assert f"| {PASSED} " not in table
    assert capfd.readouterr().err.startswith("error: 0 of 1 targets failed, 1 did not run: x86_64-")
    assert {one["state"] for one in json.loads((tmp_path / "table.json").read_text())} == {NOT_RUN}


def test_target_without_its_compiler_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    status, table = run(tmp_path, "s390x-gcc", "--no-packages")
    assert status == 1
    needed = "target s390x-gcc needs gcc and s390x-linux-gnu-gcc"
    assert f"| not run: no compiler: {needed}; as root run: apt-get " in table


@pytest.mark.parametrize("arguments", [["vax"], []])
def test_mistakes_are_one_line(
    arguments: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, *arguments) == (1, "")
    assert len(capfd.readouterr().err.splitlines()) == 1


def test_result_is_stale_when_its_sources_change(tmp_path: Path) -> None:
    target = targets.find("s390x-gcc")
    examine.keep(Result(target.name, examine.made_of(target), state=PASSED), tmp_path)
    assert examine.load(target, tmp_path).state == PASSED
    known = replace(target, baseline=[Known("test_gc", "", "why not")])
    assert examine.load(known, tmp_path).state == PASSED
    assert examine.load(replace(target, bits=32), tmp_path).state == NOT_RUN


@pytest.mark.parametrize("place", ["own tests", "suite"])
def test_what_fails_in_a_target_fails_it(
    place: str, patched: Path, stock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def suite(_target: object, _pythons: object, _request: object, result: Result) -> None:
        if place == "suite":
            result.regressions = ["test_gc t: passed -> failed"]

    pythons = {Kind.PATCHED: patched, Kind.STOCK: stock}
    own = "3 of 4 passed" if place == "own tests" else PASSED
    monkeypatch.setattr(examine, "_build", lambda target, kind, request: pythons[kind])
    monkeypatch.setattr(examine, "_run_own_tests", lambda *_: own)
    monkeypatch.setattr(examine, "_run_suite", suite)
    result = examine.run(targets.find(targets.DEFAULT), Request(tmp_path, 1))
    assert result.state == FAILED
    assert matrixtable.row(result)[2] == "X86_64, 64, little"


def test_known_failure_excuses_only_what_stock_shows() -> None:
    baseline = [Known("test_gc", "a", "why"), Known("test_sys", "", "too"), Known("test_x", "", "")]
    result = Result("t")
    failed = {("test_gc", "a"), ("test_gc", "b")}
    examine.compare_baseline(baseline, failed, ["test_gc", "test_sys"], result)
    assert result.known == ["test_gc a: why"]
    assert result.unlisted == ["test_gc b"]
    assert result.unseen == ["test_sys"]


def test_case_that_stock_lacks_is_excused_by_a_program_that_fails_there(stock: Path) -> None:
    case, whole = "test.test_immortal.T.test_a", "(the module)"
    lost = [Difference("test_immortal", whole, ["absent"], ["failed"], "regression")]
    failed = {("test_immortal", case)}
    failing, working = (
        examine.shown_in_stock([Known("test_immortal", case, "why", code)], stock)
        for code in ("raise SystemExit(1)", "pass")
    )
    assert failing == failed and working == set()
    assert examine.regressions(lost, failed, failing) == []
    said = [f"test_immortal (the module): {case}: absent -> failed"]
    assert examine.regressions(lost, failed, working) == said
    more = failed | {("test_immortal", "test_b")}
    said = ["test_immortal (the module): test_b: absent -> failed"]
    assert examine.regressions(lost, more, failing) == said
    crashed = [replace(lost[0], patched=["crashed: SIGSEGV"])]
    assert len(examine.regressions(crashed, failed, failing)) == 1
    here = [Difference("test_gc", "test_c", ["passed"], ["failed"], "regression")]
    assert examine.regressions(here, set(), failing) == ["test_gc test_c: passed -> failed"]


def test_readme_has_the_table_of_what_has_run() -> None:
    assert pages.block(record.BLOCK, record.table()) in record.README.read_text()


def test_results_of_another_series_are_shown_as_old() -> None:
    present = examine.series()
    rows = [matrixtable.row(Result("t", series=one)) for one in (present, "01234567", "")]
    assert [row[-1] for row in rows] == [present, "01234567, old", ""]


def test_what_has_run_is_what_the_list_says() -> None:
    for result in record.load():
        target = targets.find(result.target)
        assert result.state in (PASSED, FAILED)
        assert (result.state == PASSED) <= (not result.regressions)
        if target.runner != "compile":
            counted = "modules passed" if target.huntrleaks else "passed"
            assert result.cases["stock"][counted] and result.cases["patched"][counted]
            probe.check(target, {}, result.inside)


def test_record_takes_what_has_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "FILE", tmp_path / "matrix.json")
    monkeypatch.setattr(record, "README", tmp_path / "README.md")
    page = tmp_path / "README.md"
    page.write_text(f"before\n{pages.block(record.BLOCK, 'old')}after\n")
    for name, state in (("s390x-gcc", PASSED), ("i686-gcc", NOT_RUN), ("mips-gcc", FAILED)):
        examine.keep(Result(name, state=state), tmp_path)
    record.record(tmp_path)
    assert [one.target for one in record.load()] == ["s390x-gcc", "mips-gcc"]
    examine.keep(Result("mips-gcc", state=PASSED), tmp_path)
    record.record(tmp_path)
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "| s390x-gcc | passed |" in text and "| mips-gcc | passed |" in text
    assert "| i686-gcc |" not in text and "\n- not run yet: `x86_64-gcc`, " in text
    assert text.count("`i686-gcc`") == 1
    assert "\n- not run here: a hosted runner does: `x86_64-windows-cl`, " in text
    page.write_text("no place\n")
    with pytest.raises(BuildError, match="has no place for matrix"):
        record.record(tmp_path)
