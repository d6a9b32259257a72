"""compare-performance.sh: fair rounds, right intervals, honest reports; and our own benchmarks."""

from __future__ import annotations

import gzip
import importlib.util
import json
import random
import re
import subprocess
import sys
import xml.etree.ElementTree
from collections.abc import Callable
from pathlib import Path

import pyperf
import pytest
from buildtool.cli import performance
from buildtool.core import pages, paths
from buildtool.core.errors import BuildError
from buildtool.core.progress import Progress
from buildtool.performance import (
    chart,
    instructions,
    machine,
    ratios,
    readme,
    report,
    results,
    startup,
    timing,
)
from buildtool.performance.callgrind import Program
from harness import run

CONFIG = paths.ROOT / "pyperformance-config"
ABSOLUTE = re.compile(r"\b\d+(?:\.\d+)? ?(?:[nmu]s|sec|seconds)\b")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """A function that makes a virtual environment which has pyperf, without a network."""
    spec = importlib.util.find_spec("pyperf")
    assert spec and spec.origin

    def make(python: Path) -> Path:
        folder = tmp_path_factory.mktemp("venv")
        run(python, "import sys, venv; venv.create(sys.argv[1])", str(folder))
        (site,) = folder.glob("lib/*/site-packages")
        (site / "pyperf").symlink_to(Path(spec.origin).parent)
        return folder / "bin" / "python"

    return make


@pytest.fixture(scope="module")
def pair(stock: Path, patched: Path) -> dict[str, Path]:
    return {"stock": stock, "patched": patched}


@pytest.fixture(scope="module")
def pythons(
    pair: dict[str, Path], environment: Callable[[Path], Path]
) -> dict[tuple[str, bool], Path]:
    made = {side: environment(python) for side, python in pair.items()}
    return {(side, ours): python for side, python in made.items() for ours in (True, False)}


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


# A run


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
    benchmark = [timing.Benchmark("x", True, (), "requirements.txt")]
    with pytest.raises(BuildError, match=r"patched-\w+ is not an environment of"):
        timing.environments(pair, benchmark, shown)
    assert [command[1:3] for command in made] == [["-m", "venv"], ["-m", "pip"]] * 2
    assert made[1][-3:] == [f"pyperf=={pyperf.__version__}", "-r", "requirements.txt"]


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


def test_ratio_of_starts() -> None:
    """A block is one observation, and its median doesn't see the few that were held up."""
    stock = [1.0] * 2 * startup.BLOCK
    patched = [1.02] * startup.BLOCK + [0.98] * startup.BLOCK
    patched[3] = 50.0
    found = startup.ratio("x", {"stock": stock, "patched": patched})
    assert found.value == pytest.approx((1.02 * 0.98) ** 0.5) and found.observations == 2


# Ratios


def test_ratio_and_interval() -> None:
    made = [{"stock": [1.0, 3.0], "patched": [2.2]}, {"stock": [2.0], "patched": [1.8]}]
    found = ratios.of_rounds("x", made)
    assert found.value == pytest.approx((1.1 * 0.9) ** 0.5)
    assert found.low < 1 < found.high and not found.is_significant
    # Three equal ones leave no doubt; one alone leaves all.
    assert ratios.of_rounds("x", made[:1] * 3).is_significant
    assert ratios.of_rounds("x", made[:1]).high == float("inf")
    with pytest.raises(BuildError, match="nothing was measured"):
        ratios.geometric_mean([])


def test_interval_holds_the_truth_in_95_of_100() -> None:
    chance = random.Random(1)
    hits = 0
    for _ in range(2000):
        logs = [chance.gauss(0.02, 0.05) for _ in range(5)]
        found = ratios.of_logarithms("x", logs)
        hits += found.low <= 1.0202 <= found.high
    assert 0.94 <= hits / 2000 <= 0.96


def test_chart_shows_every_benchmark() -> None:
    slower = ratios.Ratio("slower & so", 1.1, 1.05, 1.15, 5)
    even = ratios.Ratio("even", 1.0, 0.9, 1.1, 5)
    unknown = ratios.of_logarithms("unknown", [0.1])
    mean = ratios.geometric_mean([slower, even])
    drawn = chart.draw([even, slower, unknown], mean, "title")
    tree = xml.etree.ElementTree.fromstring(drawn)
    texts = [one.text for one in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert {"slower & so", "even", "unknown", "geometric mean", "1.100"} <= set(texts)
    assert texts.index("slower & so") < texts.index("even")
    assert drawn.count(chart.COLOURS["slower"]) == 2


# Our own benchmarks


@pytest.mark.parametrize("side", ["stock", "patched"])
@pytest.mark.parametrize("name", ["fork_read", "gc_immortal", "immortalize", "loops"])
def test_our_benchmarks_run(
    side: str, name: str, pythons: dict[tuple[str, bool], Path], tmp_path: Path
) -> None:
    output = tmp_path / "out.json"
    script = CONFIG / f"bm_{name}" / "run_benchmark.py"
    run(pythons[side, True], script, "--debug-single-value", "--output", str(output))
    suite = pyperf.BenchmarkSuite.load(str(output))
    assert len(suite) == (11 if name == "loops" else 1)
    if name in ("fork_read", "immortalize"):
        (found,) = suite.get_benchmarks()[0].get_runs()
        memory = found.get_metadata()
        assert memory["child_pss"] > 1 << 20
        if name == "fork_read":
            assert (memory["child_private_dirty"] < 1 << 20) == (side == "patched")


def test_manifest_lists_every_benchmark() -> None:
    command = [sys.executable, "-m", "pyperformance", "list", "--manifest", str(timing.OURS)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    listed = re.findall(r"^- (\w+)$", ran.stdout, re.MULTILINE)
    assert listed == sorted(listed)
    assert [one.name for one in timing._load(timing.OURS, "3.11.2")] == listed
    scripts = {Path(one.command[0]) for one in timing._load(timing.OURS, "3.11.2")}
    assert scripts == set(CONFIG.glob("bm_*/run_benchmark.py"))


@pytest.mark.slow
@pytest.mark.parametrize("side", ["stock", "patched"])
def test_pyperformance_runs_the_manifest(side: str, pair: dict[str, Path], tmp_path: Path) -> None:
    """All of it, with the packages from PyPI; and with the interpreter that is meant."""
    command = [sys.executable, "-m", "pyperformance", "run", "--debug-single-value"]
    command += ["--manifest", str(timing.OURS), "--python", str(pair[side]), "-o", "out.json"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-4000:]
    suite = pyperf.BenchmarkSuite.load(str(tmp_path / "out.json"))
    names = suite.get_benchmark_names()
    assert {"fork_read", "fork_serve_django", "fork_serve_jinja2", "gc_immortal"} <= set(names)
    copied = [
        run.get_metadata()["child_private_dirty"]
        for run in suite.get_benchmark("fork_read").get_runs()
    ]
    assert (max(copied) < 1 << 20) == (side == "patched")


# README.md


def test_readme_has_what_is_recorded() -> None:
    assert pages.block(readme.BLOCK, readme.tables()) in readme.DETAILS.read_text()
    assert pages.block(readme.BLOCK, readme.summary()) in readme.README.read_text()


def test_tables_follow_the_record(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = readme.tables()
    assert readme.NOT_RUN in before or len(instructions.read()) >= 3
    record = {**instructions.read()}
    changed = json.loads(json.dumps(record["x86_64-gcc"]))
    changed["geometric_means"]["benchmarks"] = 0.987
    monkeypatch.setattr(instructions, "RECORD", tmp_path / "instructions.json")
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results")
    instructions.update("x86_64-gcc", changed)
    assert "0.987" in readme.tables() and "0.987" not in before

    where = {"virtual": True, "processor": "Any", "cores": 2}
    mean = {"value": 0.995, "low": 0.99, "high": 1.004}
    result = {"name": "x86_64-gcc-lto-pgo", "size": "standard", "failed": {}}
    result |= {"machine": where, "geometric_mean": mean, "warnings": ["the load average is 9"]}
    some = {"quick": (0.8, 0.9), "same": (0.9, 1.1), "slow": (1.01, 1.05), "slowest": (1.1, 1.3)}
    result["pyperformance"] = [
        {"name": name, "value": (low + high) / 2, "low": low, "high": high}
        for name, (low, high) in some.items()
    ]
    result["starts"] = [{"name": "python -c pass", "value": 0.987, "low": 0.986, "high": 0.988}]
    folder = tmp_path / "run"
    folder.mkdir()
    with pytest.raises(BuildError, match=r"not for publication: the load average is 9"):
        results.record(folder, {**result, "publishable": False})
    assert results.times() == {}
    made_with = f"'--prefix={paths.ROOT}/.build/a' {Path.home()}/b"
    (folder / "ratios.json").write_text(json.dumps({**result, "command": made_with}))
    (folder / "ratios.svg").write_text("<svg/>")
    (folder / "summary.md").write_text(made_with)
    (folder / startup.FILE).write_text('{"raw": []}')
    for name in results.RAW:
        metadata = {"name": "x", "command": made_with, "hostname": "some-machine"}
        pyperf.BenchmarkSuite([pyperf.Benchmark([pyperf.Run([1.0], metadata=metadata)])]).dump(
            str(folder / name)
        )
    results.record(folder, {**result, "publishable": True})
    target = tmp_path / "results" / "x86_64-gcc-lto-pgo"
    assert (target / "summary.md").read_text() == "'--prefix=.build/a' ~/b"
    raw = pyperf.BenchmarkSuite.load(str(target / "stock.json.gz"))
    assert raw.get_benchmark("x").get_values() == (1.0,)
    assert gzip.decompress((target / f"{startup.FILE}.gz").read_bytes()) == b'{"raw": []}'
    for file in target.iterdir():
        text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for private in (str(paths.ROOT), str(Path.home()), "some-machine"):
            assert private.encode() not in text, file
    assert "0.995 (0.990 to 1.004)" in readme.tables()
    row = "| time, `python -c pass` | 0.987 (0.986 to 0.988) | not run |"
    assert row in readme.tables() and row not in before
    told = " ".join(readme.tables().split())
    assert "Of 4 benchmarks 1 are certainly faster and 2 certainly slower than in stock" in told
    assert "these by more than 3%: slowest 1.20." in told
    assert "time on a virtual machine, which may share its processors: Any" in told
