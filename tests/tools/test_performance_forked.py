"""compare-performance.sh --forked: each worker is a child of a sealed heap; and the short list."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pyperf
import pytest
from buildtool.cli import performance
from buildtool.core.errors import BuildError
from buildtool.core.progress import Progress
from buildtool.performance import forked, ratios, readme, report, startup, timing

VERSION = "3.11.2"
SCRIPT = """import gc
import os
import pyperf

STARTED = os.getpid()
runner = pyperf.Runner()
if runner.parse_args().worker:
    assert STARTED == os.getppid(), "the worker goes on in a child"
    if hasattr(gc, "is_immortal"):
        assert gc.is_immortal(globals()) and not gc.is_immortal(runner.argparser)
runner.bench_func("tiny", os.getpid)
if os.environ.get("FAIL"):
    raise SystemExit("wrong")
"""


def progress(folder: Path, benchmarks: list[timing.Benchmark]) -> Progress:
    stages = [stage for stage, _, _ in timing.steps(benchmarks, "smoke")]
    return Progress(stages, folder / "log.txt")


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[timing.Benchmark]:
    """Two rounds of a script that looks at where it runs."""
    options = ("--processes=1", "--values=1", "--warmups=0", "--loops=1")
    monkeypatch.setitem(timing.SIZES, "smoke", timing.Size(2, options))
    script = tmp_path / "tiny.py"
    script.write_text(SCRIPT)
    return [timing.Benchmark("tiny", False, (str(script),))]


def test_each_worker_is_forked(
    pythons: dict[tuple[str, bool], Path], tiny: list[timing.Benchmark], tmp_path: Path
) -> None:
    shown = progress(tmp_path, tiny)
    assert timing.run_all(tiny, "smoke", pythons, tmp_path, shown, fork=True) == {}
    for side, heap in forked.HEAPS.items():
        for number in (0, 1):
            (found,) = pyperf.BenchmarkSuite.load(str(timing.raw(tmp_path, side, number, "tiny")))
            assert [run.get_metadata()["forked_from_heap"] for run in found.get_runs()] == [heap]
    with pytest.raises(BuildError, match="a heap that is as it was, and was forked from sealed"):
        forked.check(timing.raw(tmp_path, "patched", 0, "tiny"), "stock")


def test_a_worker_that_is_not_forked_is_told(
    pythons: dict[tuple[str, bool], Path],
    tiny: list[timing.Benchmark],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "tiny.py").write_text("import pyperf\npyperf.Runner().bench_func('tiny', int)\n")
    monkeypatch.setattr(forked, "ENVIRONMENT", {})
    failed = timing.run_all(tiny, "smoke", pythons, tmp_path, progress(tmp_path, tiny), fork=True)
    assert failed["tiny"].endswith("and was forked from none")


def test_a_failing_child_fails_the_worker(
    pythons: dict[tuple[str, bool], Path], tiny: list[timing.Benchmark]
) -> None:
    """Whether it ends by itself or by a signal; and programs without --worker aren't forked."""
    python, script = pythons["patched", False], tiny[0].command[0]
    worker = [str(python), script, "--worker", "--loops=1", "--warmups=0", "--worker-task=0"]
    env = {**os.environ, **forked.ENVIRONMENT}
    ran = subprocess.run(worker, env={**env, "FAIL": "1"}, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr.splitlines()[-1]) == (1, "wrong")
    text = "import os, sys\nimport pyperf\nme = os.getpid()\npyperf.Runner()\n"
    Path(script).write_text(f"{text}os.kill(os.getpid(), 9 if me != os.getpid() else 0)\n")
    assert subprocess.run(worker, env=env, capture_output=True).returncode == 1
    assert subprocess.run([str(python), script], env=env).returncode == 0


def test_a_worker_that_is_killed_takes_its_child_along(
    pythons: dict[tuple[str, bool], Path], tmp_path: Path
) -> None:
    """pyperf does so after --timeout."""
    script = tmp_path / "endless.py"
    text = "import time\nimport pyperf\npyperf.Runner()\nprint('ready', flush=True)\n"
    script.write_text(f"{text}time.sleep(600)\n")
    command = [str(pythons["stock", False]), str(script), "--worker"]
    env = {**os.environ, **forked.ENVIRONMENT}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as worker:
        assert worker.stdout and worker.stdout.readline() == b"ready\n"
        worker.kill()
        assert worker.stdout.read() == b"", "the child's end closes the pipe"


def test_what_starts_programs_is_left_out() -> None:
    listed = {one.name for one in timing.select("standard", (), VERSION, fork=True)}
    every = {one.name for one in timing.select("standard", (), VERSION)}
    ours = {one.name for one in timing.select("standard", (), VERSION) if one.ours}
    assert every - listed == ours | (set(forked.LEFT_OUT) & every)
    with pytest.raises(BuildError, match="no benchmark that can be forked: fork_read"):
        timing.select("standard", ["fork_read"], VERSION, fork=True)
    with pytest.raises(BuildError, match="nor --forked"):
        performance.main(["--instructions", "--forked"])


def test_short_list(capsys: pytest.CaptureFixture[str]) -> None:
    performance.main(["--list", "--size", "short"])
    assert capsys.readouterr().out.split() == sorted(timing.SHORT)
    assert timing.SIZES["short"].rounds % 2 == 0, "each side comes first as often as the other"
    assert "short" not in timing.PUBLISHED and "short" not in startup.COUNTS
    assert {"smoke", "short", *timing.PUBLISHED} == set(timing.SIZES)


def test_short_run_is_not_for_publication() -> None:
    mean = ratios.of_logarithms("geometric mean", [0.0, 0.1])
    text = report.summary(report.Run("name", "short", {}, [], {}, {}), {}, mean, {})
    assert "**Not for publication**: a short run" in text


def test_forked_run_has_a_name_of_its_own() -> None:
    """It doesn't take the place of the other's figures, neither in the results nor in the table."""
    assert not set(readme.FORKED.values()) & set(readme.TIMED.values())
    assert "time, pyperformance, forked" in readme.tables()
