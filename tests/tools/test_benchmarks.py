"""Our own benchmarks, in pyperformance-config: they run in both interpreters, all are listed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pyperf
import pytest
from buildtool.core import paths
from buildtool.performance import timing
from harness import run

CONFIG = paths.ROOT / "pyperformance-config"


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
    # The requirements are named as from the root, where this leaves its environment otherwise.
    (tmp_path / "Misc").symlink_to(paths.ROOT / "Misc")
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
