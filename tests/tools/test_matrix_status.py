"""matrix.sh --status: how much of the matrix has run with each series as it is now"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from buildtool.cli import matrix
from buildtool.matrix import examine, record, status
from buildtool.matrix.examine import FAILED, PASSED, Result


def test_status_counts_what_ran_with_the_present_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old, recorded = "01234567", tmp_path / "matrix.json"
    monkeypatch.setattr(record, "FILE", recorded)
    digests = status.digests()
    assert len(digests) == len(set(digests.values())) > 1
    first, *_, last = digests  # only the oldest is built for Windows
    here = {series: status.able(series) for series in (first, last)}
    assert here[last] == [one for one in here[first] if one.system == "Linux"]
    assert all(one.tier < 3 for one in here[first])
    empty = status.lines([])
    assert empty[0].startswith(f"series {first}, {digests[first]}: 0 of {len(here[first])} ")
    entries = [
        {"target": "x86_64-gcc", "series": digests[first], "state": PASSED},
        {"target": "i686-gcc", "series": old, "state": PASSED},
        {"target": "mips-gcc", "series": digests[first], "state": FAILED},
        {"target": "aarch64-windows-msvc", "series": digests[first], "state": PASSED},
    ]
    recorded.write_text(json.dumps(entries))
    examine.keep(Result("x86_64-clang", series=digests[first], state=PASSED), tmp_path)
    examine.keep(Result("s390x-gcc", series=digests[last], state=PASSED), tmp_path)
    matrix.main(["--output", str(tmp_path), "--status"])
    assert not (tmp_path / "table.md").exists()
    said = capsys.readouterr().out.splitlines()
    tiers = [sum(one.tier == tier for one in here[first]) for tier in (1, 2)]
    counted = f"2 of {sum(tiers)} targets passed; tier 1 1 of {tiers[0]}, tier 2 1 of {tiers[1]}"
    assert said[0] == f"series {first}, {digests[first]}: {counted}"
    assert said[1] == "  failed: mips-gcc"
    assert " i686-gcc " in said[2] and "x86_64-gcc " not in said[2] and "mips" not in said[2]
    assert said[3].startswith(f"series {last}, {digests[last]}: 1 of {len(here[last])} ")
    assert len(said) == 5
    # One that failed once and passed later has passed.
    again = [Result("mips-gcc", series=digests[first], state=one) for one in (FAILED, PASSED)]
    assert not any("failed" in line for line in status.lines(again))
