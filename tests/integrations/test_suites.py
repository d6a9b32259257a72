"""The suites of real packages end as in stock, with a heap made immortal before the first test.

suites/suites.py runs and compares them; Misc/integrations/suites.json has the result that the
README shows.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from buildtool.core import pages
from harness import keep, script
from integrations.suites import suites


@pytest.mark.slow
@pytest.mark.timeout(8 * 3600)
@pytest.mark.parametrize("name", suites.SUITES)
def test_suite(patched: Path, stock: Path, name: str, record: bool) -> None:
    found = suites.compare(name, patched, stock)
    print(name, found)
    if record:
        keep(suites.RESULT, name, found, suites.SUITES)
    assert suites.unknown(found) == set()
    assert found["outcomes"]["passed"] > 0.75 * found["tests"]


def test_comparison_sees_each_difference() -> None:
    stock = {"a": "passed", "b": "failed", "c": "skipped", "d": "passed"}
    patched = {"a": "passed", "b": "passed", "c": "skipped", "e": "passed"}
    assert suites.summary(stock, stock)["differing"] == {}
    assert suites.summary(stock, patched) == {
        "tests": 5,
        "outcomes": {"failed": 1, "passed": 2, "skipped": 1},
        "differing": {
            "b": ["failed", "passed"],
            "d": ["passed", "absent"],
            "e": ["absent", "passed"],
        },
    }


def test_readme_shows_the_result() -> None:
    folder = suites.RESULT.parent
    module = script(folder / "table.py")
    results = json.loads(suites.RESULT.read_text())
    assert pages.block("suites", module.suites(results)) in (folder / "README.md").read_text()
    assert set(results) <= set(suites.SUITES)
    assert [suites.unknown(found) for found in results.values()] == [set()] * len(results)
