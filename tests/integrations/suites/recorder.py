"""A pytest plugin, and what Django's runner needs: make the heap immortal, then record each test.

RECORDER_FILE in the environment names the file for the outcomes, a JSON object by test. The heap
becomes immortal when the tests are collected, right before the first one; in stock nothing does.
"""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path
from typing import Any

outcomes: dict[str, str] = {}
# From the best to the worst: the outcome of a test is that of its worst part.
ORDER = ("passed", "xfailed", "xpassed", "skipped", "failed")


def immortalize() -> None:
    """Make the heap immortal, and make sure that it is; do nothing in stock."""
    if hasattr(gc, "immortalize_heap"):
        assert gc.immortalize_heap() > 10_000
        assert gc.is_immortal(outcomes)  # type: ignore[attr-defined]


def record(name: str, outcome: str) -> None:
    """Note an outcome of a test, if none worse is noted."""
    before = outcomes.get(name, "passed")
    outcomes[name] = max(before, outcome, key=ORDER.index)


def write() -> None:
    Path(os.environ["RECORDER_FILE"]).write_text(json.dumps(outcomes))


def pytest_collection_finish(session: Any) -> None:
    immortalize()


def pytest_runtest_logreport(report: Any) -> None:
    outcome = report.outcome
    if hasattr(report, "wasxfail"):
        outcome = {"skipped": "xfailed", "passed": "xpassed"}.get(outcome, outcome)
    record(report.nodeid, outcome)


def pytest_sessionfinish(session: Any) -> None:
    write()
