"""Measure what a forked child does: the pages it writes, and the instructions it takes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from harness import FIXED, TESTS

SEALED = TESTS / "sealed"


def writers(python: Path, script: Path, *args: str, **env: str) -> list[dict[str, Any]]:
    """Return who wrote into pages of the heap that hold immortal objects, in the script's child.

    A row of cowtrace's report each. cowtrace sees a page's first writer, from the fork to the end
    of the process, finalization included.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [str(python), "-m", "cowtrace", "--json", str(report), str(script), *args]
        environ = {**os.environ, **FIXED, **env}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        found = json.loads(report.read_text())
    assert found["processes"] and found["shared_pages"] > 1000, "nothing was traced"
    rows = [row for row in found["writers"] if row["immortal"]]
    return [row for row in rows if not row["memory"].startswith("static")]


def describe(rows: list[dict[str, Any]]) -> str:
    """Return the rows of writers() as lines, those with the most pages first."""
    rows = sorted(rows, key=lambda row: -int(row["pages"]))
    names = ("pages", "function", "type", "part", "exit", "python_function", "file", "line")
    lines = [" ".join(str(row[name]) for name in names) for row in rows]
    return f"{sum(row['pages'] for row in rows)} pages\n" + "\n".join(lines)


def instructions(python: Path, script: Path, *args: str, **env: str) -> int:
    """Return how many instructions the child of *script* takes from the fork to its end.

    As valgrind's callgrind counts them: exactly, and again and again the same.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = ["--tool=callgrind", f"--callgrind-out-file={folder}/%p"]
        counting = ["valgrind", "-q", *options, "--zero-before=PyOS_AfterFork_Child"]
        command = [*counting, str(python), str(script), *args]
        environ = {**os.environ, **FIXED, **env}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        files = {int(path.name): path.read_text() for path in Path(folder).iterdir()}
    assert len(files) == 2, "one parent, one child"
    child = files[max(files)]
    found = re.search(r"^summary: (\d+)$", child, re.MULTILINE)
    assert found, child[:1000]
    return int(found[1])
