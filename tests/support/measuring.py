"""Measure what a forked child does: the pages it writes, and the instructions it takes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from buildtool.core.errors import BuildError
from buildtool.performance import valgrind
from buildtool.performance.callgrind import missed
from harness import FIXED, modules

# What the library does after each fork, in every child
AFTER_FORK = ("threading.py", "_weakrefset.py", "logging/__init__.py")
# How many pages a child may copy by that and by its end, whatever the heap
MAX_BOOKKEEPING = 64
# Functions of the interpreter that write on behalf of running code, and what they write there
FOR_CODE = re.compile(
    r"specialize|quicken|warmup|backoff|version_tag$|GetVersionForCurrentState", re.IGNORECASE
)
# The callers that count. Some further up have returned: cowtrace finds what lies on the stack.
NEAREST = 3
OF_CODE = ("co_warmup", "co_code_adaptive", "func_version")
# What callgrind writes, until the end of this process
FILES = tempfile.TemporaryDirectory()


def traced(python: Path, script: Path, *args: str, **env: str) -> dict[str, Any]:
    """Return cowtrace's report of the script's child.

    cowtrace sees a page's first writer, from the fork to the end of the process, finalization
    included.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [str(python), "-m", "cowtrace", "--json", str(report), str(script), *args]
        environ = {**os.environ, **FIXED, **modules(), **env}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        found: dict[str, Any] = json.loads(report.read_text())
    assert found["processes"] and found["shared_pages"] > 1000, "nothing was traced"
    return found


def writers(python: Path, script: Path, *args: str, **env: str) -> list[dict[str, Any]]:
    """Return who wrote into pages that hold immortal objects or code, in the script's child.

    A row of cowtrace's report each. Static data is left out.
    """
    return sealed_rows(traced(python, script, *args, **env))


def sealed_rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a report on pages that hold immortal objects or code; sort() sorts them.

    Static data is left out.
    """
    rows = [row for row in found["writers"] if row["immortal"] or row["code"]]
    return [row for row in rows if not row["memory"].startswith("static")]


def for_code(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of writes on behalf of running code into pages that hold anything else.

    *rows* are those of sealed_rows(). Returned are those caused by specializing, by counting, and
    by the versions that code keeps of types, functions and namespaces; not by what code stores.
    """
    return [
        row
        for row in rows
        if not row["code"]
        and (
            row["type"] == "code"
            or row["part"] in OF_CODE
            or any(FOR_CODE.search(name) for name in (row["function"], *row["callers"][:NEAREST]))
        )
    ]


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
    (last,) = _counted(python, script, args, env)
    return _sum(last.read_text())


def instructions_of_parts(python: Path, script: Path, *args: str, **env: str) -> list[int]:
    """Return how many instructions each part of the child's work takes.

    A part ends with a call of os.getsid(); what comes after the last one isn't counted. Lookups
    that the cache of methods didn't have are left out: see callgrind.missed().
    """
    *files, _ = _counted(python, script, args, env, "--dump-before=getsid")
    return [_sum(file.read_text()) - missed(file) for file in files]


def _counted(
    python: Path, script: Path, args: Sequence[str], env: Mapping[str, str], *options: str
) -> list[Path]:
    """Return callgrind's files of the child of *script*, in order; the last is that of its end."""
    try:
        program = valgrind.command()
    except BuildError as error:
        pytest.skip(str(error))
    folder = Path(tempfile.mkdtemp(dir=FILES.name))
    counting = [*program, "-q", "--tool=callgrind", f"--callgrind-out-file={folder}/%p"]
    counting += ["--zero-before=PyOS_AfterFork_Child", *options]
    command = [*counting, str(python), str(script), *args]
    environ = {**os.environ, **FIXED, **modules(), **env}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environ) as process:
        complaint = process.communicate()[1]
    assert process.returncode == 0, complaint[-4000:]
    names = {path.name for path in folder.iterdir() if not path.name.startswith(f"{process.pid}")}
    (child,) = {name.partition(".")[0] for name in names}
    parts = sorted(int(name.partition(".")[2]) for name in names - {child})
    return [*(folder / f"{child}.{part}" for part in parts), folder / child]


def _sum(text: str) -> int:
    """Return the sum in a file of callgrind's."""
    found = re.search(r"^summary: (\d+)$", text, re.MULTILINE)
    assert found, text[:1000]
    return int(found[1])
