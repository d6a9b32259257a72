"""A pytest plugin, and what Django's runner needs: make the heap immortal, then record each test.

RECORDER_FILE in the environment names the file for the outcomes, a JSON object by test. The heap
becomes immortal when the tests are collected, right before the first one: by the patched gc, or by
the package immortal-objects where modules are looked for. In stock nothing does.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

outcomes: dict[str, str] = {}
# From the best to the worst: the outcome of a test is that of its worst part.
ORDER = ("passed", "xfailed", "xpassed", "skipped", "failed")


def immortalize() -> None:
    """Make the heap immortal, and make sure that it is; do nothing in stock."""
    by: Any = gc
    if importlib.util.find_spec("immortal_objects"):
        by = importlib.import_module("immortal_objects")
    if hasattr(by, "immortalize_heap"):
        assert by.immortalize_heap() > 10_000
        assert by.is_immortal(outcomes)


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
