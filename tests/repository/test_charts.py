"""Charts and the model of a fleet: drawn from what is recorded, and near to what was measured"""

from __future__ import annotations

import copy
import json
import re
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from buildtool.core import paths, process
from harness import modules, script

CHART = paths.ROOT / "Misc" / "chart"
PAGE = " ".join((CHART / "README.md").read_text().split())
# What the model may be beside the measured demonstration.
NEAR = 0.1


@pytest.fixture(scope="module")
def fleet() -> SimpleNamespace:
    """The model."""
    return script(CHART / "fleet.py")


@pytest.fixture(scope="module")
def served() -> SimpleNamespace:
    """The script that draws memory over requests."""
    return script(CHART / "draw_served.py")


@pytest.mark.parametrize("side", ["stock", "patched"])
def test_model_foretells_the_demonstration(fleet: SimpleNamespace, side: str) -> None:
    """Its figures are of the first half alone; it says what the second half was."""
    looks = fleet.looks(side)
    known, later = fleet.half(looks)
    assert min(len(known), len(later)) > 10
    one = fleet.fitted(looks)
    spoiled = copy.deepcopy(looks)
    for row in (row for look in spoiled[-len(later) :] for row in look["workers"]):
        row["Private_Dirty"] = row["Pss"] = 0
    assert fleet.fitted(spoiled) == one
    workers = len(looks[0]["workers"])
    for look in later:
        requests = fleet.mean(look, "answered")
        assert requests > fleet.mean(known[-1], "answered")
        own = fleet.mean(look, "Private_Dirty") / fleet.MIB
        assert one.private(requests) == pytest.approx(own, rel=NEAR)
        every = workers * fleet.mean(look, "Pss") / fleet.MIB
        assert one.of_workers(workers, requests) == pytest.approx(every, rel=NEAR)


def test_model_keeps_to_what_it_assumes(fleet: SimpleNamespace) -> None:
    one = fleet.Server(loaded=1000, hot=10, data=500, spread=2000)
    assert one.whole(0, 1e6) == 1000
    assert one.private(0) == 10
    assert one.private(1e9) == pytest.approx(510)
    # The sum of Pss without the parent's is less than the whole, and more than what is private.
    assert 4 * one.private(3000) < one.of_workers(4, 3000) < one.whole(4, 3000)
    # Workers that are forked anew have copied less; one that never is has the most.
    ages = [one.private(1e5, refork) for refork in (1, 500, 5000, 50_000)]
    assert ages == sorted(ages) and ages[-1] < one.private(1e5, 0)
    assert ages[0] == pytest.approx(10, abs=0.2)
    # The average over ages is that of its parts.
    parts = [one.private(age + 0.5) for age in range(5000)]
    assert one.private(1e5, 5000) == pytest.approx(sum(parts) / len(parts), rel=1e-6)


def test_model_prints_a_fleet(fleet: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    fleet.main([])
    said = capsys.readouterr().out
    share = re.search(r"saved: .* GiB of .*, (\d+)%", said)
    assert share and f"{share[1]} % of" in PAGE
    given = {"servers": 100, "loaded": 1000, "hot": 10, "data": 800, "spread": 3000}
    fleet.main([f"--{name}={value}" for name, value in given.items()])
    header, stock, patched, *rest = capsys.readouterr().out.splitlines()
    assert header.startswith("MiB        loaded")
    assert stock.split()[:5] == ["stock", "1000.0", "10.0", "800.0", "3000"]
    assert patched.split()[1] == "1000.0"
    whole, every = map(float, stock.split()[-2:])
    assert every == pytest.approx(100 * whole, rel=1e-3)
    assert rest[0].startswith("saved: ") and len(rest) == 3


def test_served_is_what_was_recorded(served: SimpleNamespace) -> None:
    measured = served.recorded(CHART)
    assert [one["stock"] for one in measured] == [True, True, False]
    assert [one["mode"] for one in measured] == ["plain", "immortal", "immortal"]
    for page in served.PALETTES:
        drawn = served.draw(measured, page)
        assert drawn == (CHART / f"served-{page}.svg").read_text()
        assert len(ET.fromstring(drawn).findall("{*}polyline")) == len(measured)
    plain, package, patched = (one["looks"][-1] for one in measured)
    for look in (plain, package, patched):
        assert look["answered"] >= 1000
        size = round(look["pss"] / (1 << 20))
        assert f"{size} MiB" in PAGE
    assert patched["pss"] < package["pss"] < plain["pss"]
    assert served.draw([*measured[:2], measured[0]], "light") != drawn


@pytest.mark.parametrize(("name", "prefix"), [("draw", "copied"), ("draw_served", "served")])
def test_scripts_write_what_lies_there(name: str, prefix: str, tmp_path: Path) -> None:
    folder = tmp_path / "chart"
    shutil.copytree(CHART, folder)
    for path in folder.glob("*.svg"):
        path.unlink()
    environment = process.clean_environment() | modules(paths.ROOT / "build-scripts")
    subprocess.run([sys.executable, folder / f"{name}.py"], env=environment, check=True)
    made = {path.name: path.read_text() for path in folder.glob("*.svg")}
    assert made == {path.name: path.read_text() for path in CHART.glob(f"{prefix}*.svg")}


def test_figures_of_servers_are_whole() -> None:
    for path in CHART.glob("served-*.json"):
        looks = json.loads(path.read_text())["looks"]
        assert len(looks) > 8
        answered = [look["answered"] for look in looks]
        assert answered == sorted(answered) and answered[0] == 0


def png(path: Path) -> tuple[int, ...]:
    """Return width and height of a picture."""
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", head[16:])


def test_pictures_of_a_report_can_be_made_again(
    stock_of: Callable[..., Path], tmp_path: Path
) -> None:
    """The same program gives pictures of the same size, and neither is empty."""
    folder = paths.ROOT / "Misc" / "cowtrace" / "picture"
    kept = {name: png(folder / f"{name}.png") for name in ("dark", "light")}
    assert len({*kept.values()}) == 1
    if shutil.which("chromium") is None:
        pytest.skip("chromium, which takes the pictures, is not installed")
    command = [stock_of("3.14"), folder / "take.py", tmp_path]
    subprocess.run(command, env=process.clean_environment(), check=True, timeout=600)
    for name, size in kept.items():
        assert png(tmp_path / f"{name}.png") == size
        # A page without its map and its text would be far smaller.
        assert (tmp_path / f"{name}.png").stat().st_size > 50_000
    assert (tmp_path / "dark.png").read_bytes() != (tmp_path / "light.png").read_bytes()
