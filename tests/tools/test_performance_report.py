"""What compare-performance.sh makes of what it measured: ratios, intervals, charts, tables."""

from __future__ import annotations

import gzip
import json
import random
import xml.etree.ElementTree
from pathlib import Path

import pyperf
import pytest
from buildtool.core import pages, paths
from buildtool.core.errors import BuildError
from buildtool.performance import chart, instructions, ratios, readme, results, startup


def test_ratio_of_starts() -> None:
    """A block is one observation, and its median doesn't see the few that were held up."""
    stock = [1.0] * 2 * startup.BLOCK
    patched = [1.02] * startup.BLOCK + [0.98] * startup.BLOCK
    patched[3] = 50.0
    found = startup.ratio("x", {"stock": stock, "patched": patched})
    assert found.value == pytest.approx((1.02 * 0.98) ** 0.5) and found.observations == 2


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
