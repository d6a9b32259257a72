"""The demonstration's files and its report, as far as that needs no engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from buildtool.core import paths
from buildtool.core.errors import BuildError
from buildtool.core.kinds import Kind
from buildtool.images import demo, engine, images
from commands import docker_sh
from harness import script


def test_compose_file_as_the_plugin_reads_it(tmp_path: Path) -> None:
    wanted = demo.Demo("trixie", workers=3, requests=10, output=tmp_path, products=20)
    try:
        compose = engine.plugin("compose")
    except BuildError as error:
        pytest.skip(str(error))
    command = [*compose, "-f", str(demo.FILE), "config", "--format", "json"]
    env = {**os.environ, **wanted.environment()}
    ran = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    services = json.loads(ran.stdout)["services"]
    settings = {"WORKERS": "3", "REQUESTS": "10", "TINI_SUBREAPER": "1"}
    stock, patched = services["stock"], services["patched"]
    assert stock["environment"] == {**settings, "PORT": "8000", "MODE": "freeze"}
    assert patched["environment"] == {**settings, "PORT": "8001", "MODE": "immortalize"}
    for kind, service in ((Kind.STOCK, stock), (Kind.PATCHED, patched)):
        assert service["build"]["args"]["BASE"] == images.runtime_tags("trixie", kind)[1]
    (volume,) = services["report"]["volumes"]
    assert (volume["source"], volume["target"]) == (str(tmp_path), "/results")


@pytest.mark.parametrize("name", ["buildx", "compose"])
def test_plugin_that_can_not_be_had(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CPYTHON_IMMORTAL_CACHE", str(tmp_path))
    engine.plugin.cache_clear()
    with pytest.raises(BuildError) as caught:
        engine.plugin(name)
    said = str(caught.value)
    assert said == (
        f"no docker command here has {name}, which Debian's package docker-{name} brings, or "
        f"Docker's own docker-{name}-plugin: docker-{name} of trixie can't be had: "
        "there is no dpkg here"
    )


@pytest.fixture(scope="module")
def report() -> SimpleNamespace:
    """The script that writes the report."""
    return script(paths.ROOT / "docker" / "demo" / "report.py")


def result(mode: str, sizes: list[int], answered: list[int]) -> dict[str, Any]:
    """Return what drive.py would write of two workers.

    Their *sizes* are in MiB, over time, and *answered* is what both did in each turn of load.
    """

    def worker(answered: int, size: int) -> dict[str, int]:
        return {"answered": answered, "Pss": size << 20, "Private_Dirty": size << 19}

    looks = [
        {"seconds": 4 * turn, "workers": [worker(100 * turn, size), worker(100 * turn, size)]}
        for turn, size in enumerate(sizes)
    ]
    turns = [{"requests": requests, "seconds": 2.0, "failed": 0} for requests in answered]
    return {"mode": mode, "wanted": 200, "turns": turns, "looks": looks}


def test_report(report: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = {
        "stock": result("freeze", [50, 90, 100], [100, 200]),
        "patched": result("immortalize", [50, 51, 52], [110, 200]),
    }
    for name, found in results.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(found))
    monkeypatch.setattr(sys, "argv", ["report.py", str(tmp_path)])
    report.main()
    text = (tmp_path / "report.md").read_text()
    assert "# 2 workers, at least 200 requests to each" in text
    assert "| Pss, MiB | 200.0 | 104.0 | 0.520 |" in text
    assert "| Private_Dirty, MiB | 100.0 | 52.0 | 0.520 |" in text
    # Of two pairs, the bootstrap draws one twice often enough.
    assert "| requests/s | 75 | 78 | 1.049 (1.000 to 1.100) |" in text
    assert "turn by turn (2 of each)" in text
    assert "| 4 | 100 | 180.0 / 90.0 | 90 / 45 | 90 / 45 |" in text
    chart = ET.parse(tmp_path / "chart.svg")
    lines = [one.get("points") for one in chart.iter() if one.tag.endswith("polyline")]
    # Two figures, of two sides, of two workers.
    assert len(lines) == 8
    stock, patched = ([p.split(",") for p in (lines[n] or "").split()] for n in (0, 2))
    assert len(stock) == len(patched) == 3
    # More memory is further up, where y is smaller.
    assert float(stock[0][1]) == float(patched[0][1])
    assert float(stock[-1][1]) < float(patched[-1][1])


@pytest.mark.parametrize(("stock", "patched"), [([100], [50]), ([100, 100], [0, 100])])
def test_report_without_an_interval(
    report: SimpleNamespace, stock: list[int], patched: list[int]
) -> None:
    """A single turn has none, nor do turns of which one went without an answer."""
    results = {
        "stock": result("freeze", [50, 90], stock),
        "patched": result("immortalize", [50, 51], patched),
    }
    assert "| requests/s | 50 | 25 | 0.500 |" in report.table(results)


def test_demonstration_needs_an_engine() -> None:
    said = docker_sh("demo", status=1)
    assert said.startswith("error: no Docker engine answers; start dockerd, or set DOCKER_HOST")
    assert len(said.splitlines()) == 1
