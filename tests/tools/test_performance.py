"""compare-performance.sh: fair rounds, right intervals, honest reports; and our own benchmarks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

import pyperf
import pytest
from buildtool.cli import performance
from buildtool.core import paths
from buildtool.core.errors import BuildError
from buildtool.core.progress import Progress
from buildtool.performance import machine, report, startup, timing
from buildtool.performance.callgrind import Program

ABSOLUTE = re.compile(r"\b\d+(?:\.\d+)? ?(?:[nmu]s|sec|seconds)\b")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[timing.Benchmark]:
    """Three rounds of next to nothing: a benchmark of pyperformance's, and one that forks."""
    tiny = timing.Size(3, ("--processes=2", "--values=1", "--warmups=0", "--loops=1"))
    monkeypatch.setitem(timing.SIZES, "smoke", tiny)
    found = timing.select("smoke", ["unpack_sequence", "fork_read"], "3.11.2")
    assert [one.name for one in found] == ["unpack_sequence", "fork_read"]
    return found


def progress(folder: Path, benchmarks: list[timing.Benchmark]) -> Progress:
    stages = [stage for stage, _, _ in timing.steps(benchmarks, "smoke")]
    return Progress(stages, folder / "log.txt")


def test_rounds_take_turns_and_go_on(
    pythons: dict[tuple[str, bool], Path],
    quick: list[timing.Benchmark],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert timing.run_all(quick, "smoke", pythons, tmp_path, progress(tmp_path, quick)) == {}
    assert re.search(r"^\[1/6 0:0\d\] unpack_sequence, round 1 of 3$", capfd.readouterr().err, re.M)

    files = sorted((tmp_path / "raw").glob("*/*.json"), key=lambda path: path.stat().st_mtime_ns)
    order = [path.parent.name for path in files if "fork_read" in path.name]
    assert order == ["stock", "patched", "patched", "stock", "stock", "patched"]

    # What is gone is measured again with its counterpart, and nothing else.
    gone = timing.raw(tmp_path, "patched", 1, "fork_read")
    before = {path: path.stat().st_mtime_ns for path in files}
    gone.unlink()
    timing.run_all(quick, "smoke", pythons, tmp_path, progress(tmp_path, quick))
    again = {path for path, time in before.items() if path.stat().st_mtime_ns != time}
    assert again == {gone, timing.raw(tmp_path, "stock", 1, "fork_read")}

    told = {side: report.interpreter(pythons[side, True]) for side in ("stock", "patched")}
    what = report.Run("name", "smoke", machine.describe(), ["busy"], told, {})
    found = report.write(tmp_path, what)
    assert [one["name"] for one in found["pyperformance"]] == ["unpack_sequence"]
    assert [one["name"] for one in found["ours"]] == ["fork_read"]
    assert found["geometric_mean"]["observations"] == 1
    assert found["memory"]["fork_read"]["child_private_dirty"] < 0.05
    assert not found["publishable"]
    for side in ("stock", "patched"):
        suite = pyperf.BenchmarkSuite.load(str(tmp_path / f"{side}.json"))
        assert sorted(suite.get_benchmark_names()) == ["fork_read", "unpack_sequence"]
        assert all(len(one.get_values()) == 6 for one in suite)
    assert "unpack_sequence" in (tmp_path / "compare_to.txt").read_text()
    assert "| fork_read" in (tmp_path / "compare_to.txt").read_text()
    text = (tmp_path / "summary.md").read_text()
    assert "Not for publication" in text and "- busy" in text and "CONFIG_ARGS" in text
    assert not ABSOLUTE.search(text) and ABSOLUTE.search((tmp_path / "compare_to.txt").read_text())
    xml.etree.ElementTree.fromstring((tmp_path / "ratios.svg").read_text())


def test_failure_is_told_and_not_repeated(
    pythons: dict[tuple[str, bool], Path], tmp_path: Path, quick: list[timing.Benchmark]
) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit('no such thing')")
    broken = [timing.Benchmark("broken", False, (str(script),))]
    failed = timing.run_all(broken, "smoke", pythons, tmp_path, progress(tmp_path, broken))
    assert list(failed) == ["broken"] and failed["broken"].startswith("no such thing; full log")
    assert (tmp_path / "log.txt").read_text().count("$ ") == 1
    assert not list((tmp_path / "raw").glob("*/*"))
    what = report.Run("name", "smoke", {}, [], {}, failed)
    with pytest.raises(BuildError, match="nothing was measured"):
        report.write(tmp_path, what)


def test_an_environment_is_the_interpreters_own(
    pythons: dict[tuple[str, bool], Path],
    pair: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """An environment of another interpreter, there already, is refused."""
    assert len({timing.identity(python) for python in pair.values()}) == 2
    monkeypatch.setattr(paths, "output", lambda: tmp_path)
    shown = Progress(["environments"], tmp_path / "log.txt")
    made: list[list[str]] = []

    def fake(command: list[str], _: Progress) -> None:
        made.append(command)
        if command[1:3] == ["-m", "venv"]:
            folder = Path(command[-1])
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.symlink_to(pythons["stock", True].parents[1])

    monkeypatch.setattr(timing, "_run", fake)
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("")
    benchmark = [timing.Benchmark("x", True, (), str(wanted))]
    with pytest.raises(BuildError, match=r"patched-\w+ is not an environment of"):
        timing.environments(pair, benchmark, shown)
    assert [command[1:3] for command in made] == [["-m", "venv"], ["-m", "pip"]] * 2
    assert made[1][-3:] == [f"pyperf=={pyperf.__version__}", "-r", str(wanted)]


def test_results_of_other_interpreters_are_put_aside(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    performance.begin(folder, {"size": "smoke"})
    (folder / "raw").mkdir()
    performance.begin(folder, {"size": "smoke"})
    assert (folder / "raw").is_dir()
    performance.begin(folder, {"size": "standard"})
    assert [path.name for path in folder.iterdir()] == ["run.json"]
    assert len(list(tmp_path.glob("results-*/raw"))) == 1
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(BuildError, match="is not a folder of results"):
        performance.begin(tmp_path / "other", {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--list", "no_such"], "no benchmark no_such"),
        (["--target", "s390x-gcc"], "runs under an emulator"),
        (["--stock", "/nowhere", "--patched", "/nowhere"], "--stock: there is no /nowhere"),
        (["--target", "x86_65"], "unknown target"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], message: str) -> None:
    with pytest.raises(BuildError, match=message):
        performance.main(arguments)


def test_a_busy_machine_is_noticed() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            assert machine.busy_share(1) > machine.BUSY_LIMIT
            assert any("other processes use" in line for line in machine.warnings())
        finally:
            busy.kill()


def test_load_counts_before_a_run_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Afterwards, the benchmarks themselves are the load."""
    monkeypatch.setattr(machine.os, "getloadavg", lambda: (99.0, 99.0, 99.0))
    assert any("load average is 99.0" in line for line in machine.warnings())
    assert not any("load average" in line for line in machine.warnings(measured=True))


def test_a_cold_eval_loop_is_noticed(pair: dict[str, Path], tmp_path: Path) -> None:
    """A compiler that holds the loop for cold has made another program than it was asked for."""
    assert report.misplaced(pair) == []
    sizes = {"_PyEval_EvalFrameDefault": 490, "_PyEval_EvalFrameDefault.cold": 57858}
    source = "".join(
        f".type {name}, @function\n.size {name}, {size}\n{name}: .skip {size}\n"
        for name, size in sizes.items()
    )
    made = tmp_path / "cold.o"
    command = ["gcc", "-c", "-x", "assembler", "-", "-o", str(made)]
    subprocess.run(command, input=source, text=True, check=True)
    assert report.cold_share(made) == pytest.approx(0.9916, abs=1e-4)
    assert report.misplaced(pair | {"patched": made}) == [
        "99% of the eval loop of patched lie among the code that never runs"
    ]


def test_starts_take_turns(
    pair: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(startup.COUNTS, "smoke", 2)
    begun: list[str] = []
    start = startup._start

    def noticed(command: list[str]) -> float:
        begun.append(Path(command[0]).parents[1].name)  # "0" is stock, as it comes first
        return start(command)

    monkeypatch.setattr(startup, "_start", noticed)
    startup.measure(pair, "smoke", tmp_path, Progress([startup.STAGE], tmp_path / "log"))
    assert begun == ["0", "1", "1", "0", "0", "1"] * 2  # the first two are not in it
    raw = json.loads((tmp_path / startup.FILE).read_text())
    assert list(raw) == ["python -c pass", "python -I -S -E -c pass"]
    assert all(len(taken) == 2 for sides in raw.values() for taken in sides.values())
    assert [one.observations for one in startup.collect(tmp_path)] == [1, 1]
    # What is there is not measured again.
    startup.measure(pair, "smoke", tmp_path, Progress([startup.STAGE], tmp_path / "log"))
    assert len(begun) == 12


def test_a_start_that_fails_is_told(
    pair: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Program("wrong", arguments=("-c", "raise SystemExit(3)"))
    monkeypatch.setattr(startup, "STARTUP", (wrong,))
    with pytest.raises(BuildError, match="doesn't start"):
        startup.measure(pair, "smoke", tmp_path, Progress([startup.STAGE], tmp_path / "log"))
    assert startup.collect(tmp_path) == []
