"""Measure what a forked child does: the pages it writes, and the instructions it takes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from buildtool.core.errors import BuildError
from buildtool.performance import valgrind
from harness import FIXED, modules

# What the library does after each fork, in every child
AFTER_FORK = ("threading.py", "_weakrefset.py", "logging/__init__.py")
# How many pages a child may copy by that and by its end, whatever the heap
MAX_BOOKKEEPING = 64


def writers(python: Path, script: Path, *args: str, **env: str) -> list[dict[str, Any]]:
    """Return who wrote into pages that hold immortal objects or code, in the script's child.

    A row of cowtrace's report each. cowtrace sees a page's first writer, from the fork to the end
    of the process, finalization included. Static data is left out. sort() tells what a row means.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [str(python), "-m", "cowtrace", "--json", str(report), str(script), *args]
        environ = {**os.environ, **FIXED, **modules(), **env}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        found = json.loads(report.read_text())
    assert found["processes"] and found["shared_pages"] > 1000, "nothing was traced"
    rows = [row for row in found["writers"] if row["immortal"] or row["code"]]
    return [row for row in rows if not row["memory"].startswith("static")]


def sort(row: dict[str, Any]) -> str:
    """Return the sort of a row of writers().

    code: running code is specialized for what it meets, in pages of its own. malloc: objects of
    more than 512 bytes lie among the blocks of malloc(), and it isn't one of them that was written,
    but a block beside them. bookkeeping: after the fork, and at the end. reading: all the rest,
    which is what the program's own code did.
    """
    if row["code"]:
        return "code"
    if row["memory"] == "malloc heap" and not row["immortal_object"]:
        return "malloc"
    if row["exit"] or not row["python_function"] or row["file"].endswith(AFTER_FORK):
        return "bookkeeping"
    return "reading"


def reading(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of writers() that the program's own code caused, by reading."""
    return [row for row in rows if sort(row) == "reading"]


def sorts(rows: list[dict[str, Any]]) -> dict[str, int]:
    """Return the number of pages of each sort."""
    pages = dict.fromkeys(("reading", "bookkeeping", "malloc", "code"), 0)
    for row in rows:
        pages[sort(row)] += row["pages"]
    return pages


def check_pages(rows: list[dict[str, Any]], *, malloc: int, code: int) -> None:
    """Check how many pages a child has written that doesn't write to immortal objects.

    *malloc* and *code* are the most pages of those sorts; bookkeeping has MAX_BOOKKEEPING.
    """
    pages = sorts(rows)
    print(pages)  # for the README, by -rP
    assert pages["bookkeeping"] <= MAX_BOOKKEEPING, describe(rows)
    assert pages["malloc"] <= malloc, describe(rows)
    assert pages["code"] <= code, describe(rows)


def describe(rows: list[dict[str, Any]]) -> str:
    """Return the rows of writers() as lines, those with the most pages first."""
    rows = sorted(rows, key=lambda row: -int(row["pages"]))
    names = (
        "pages",
        "function",
        "memory",
        "type",
        "part",
        "exit",
        "python_function",
        "file",
        "line",
    )
    lines = [" ".join([sort(row), *(str(row[name]) for name in names)]) for row in rows]
    return f"pages: {sorts(rows)}\n" + "\n".join(lines)


def instructions(python: Path, script: Path, *args: str, **env: str) -> int:
    """Return how many instructions the child of *script* takes from the fork to its end.

    As valgrind's callgrind counts them: exactly, and again and again the same. Skips the test where
    there is no valgrind, and none to be had.
    """
    try:
        program = valgrind.command()
    except BuildError as error:
        pytest.skip(str(error))
    with tempfile.TemporaryDirectory() as folder:
        options = ["--tool=callgrind", f"--callgrind-out-file={folder}/%p"]
        counting = [*program, "-q", *options, "--zero-before=PyOS_AfterFork_Child"]
        command = [*counting, str(python), str(script), *args]
        environ = {**os.environ, **FIXED, **modules(), **env}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        files = {int(path.name): path.read_text() for path in Path(folder).iterdir()}
    assert len(files) == 2, "one parent, one child"
    child = files[max(files)]
    found = re.search(r"^summary: (\d+)$", child, re.MULTILINE)
    assert found, child[:1000]
    return int(found[1])
