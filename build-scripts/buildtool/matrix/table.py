"""The table of the matrix: one line for each target, for people and for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ..core import markdown
from .examine import Result, series

HEADINGS = (
    "target", "result", "machine", "compiler", "emulator",
    "tests", "stock", "patched", "series",
)  # fmt: skip


def write(folder: Path, results: Sequence[Result]) -> Path:
    """Write table.md and table.json into *folder*; return the path of the former."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "table.md"
    page.write_text("\n".join(["# The matrix", "", *lines(results)]) + "\n")
    data = [asdict(one) for one in results]
    (folder / "table.json").write_text(json.dumps(data, indent=1) + "\n")
    return page


def lines(results: Sequence[Result]) -> list[str]:
    """Return the table, and the notes below it."""
    table = markdown.table(HEADINGS, map(row, results)).splitlines()
    notes = [note for result in results for note in _notes(result)]
    return [*table, "", *notes] if notes else table


def row(result: Result) -> list[str]:
    """Return the cells of a target's line, which is for reading: table.json has all of it.

    The machine is what the interpreter found from inside; tests are the list's name and its
    modules; stock and patched have how many cases passed, of how many.
    """
    inside = result.inside
    machine = f"{inside['machine']}, {inside['bits']}, {inside['byte_order']}" if inside else ""
    # Regressions are notes below the table.
    reason = "" if result.regressions else result.reason
    state = f"{result.state}: {reason}" if reason else result.state
    tests = f"{result.tests}, {result.modules}" if result.tests else ""
    sides = [_passed(result.cases.get(side, {})) for side in ("stock", "patched")]
    return [
        result.target, state, re.sub(r"EM_|IMAGE_FILE_MACHINE_", "", machine),
        _version(result.compiler), _version(result.emulator),
        tests, *sides, _age(result.series),
    ]  # fmt: skip


def _version(said: str) -> str:
    """Return the name and the version of a program, without its target and its packager's words.

    s390x-linux-gnu-gcc (Debian 12.2.0-14) 12.2.0: gcc 12.2.0
    """
    plain = re.sub(r"\s*\(.*\)|\bDebian |\bversion ", "", said)
    return re.sub(r"^[\w-]+-(?=gcc|clang)", "", plain)


def _age(digest: str) -> str:
    """Return the digest that a result is of, marked if the series is another one by now."""
    return digest if digest in ("", series()) else f"{digest}, old"


def _passed(cases: dict[str, int]) -> str:
    """Return how many passed of how many; where no cases are known, that counts modules."""
    if not cases:
        return ""
    passed = sum(number for state, number in cases.items() if "passed" in state)
    return f"{passed} / {sum(cases.values())}"


def _notes(result: Result) -> list[str]:
    """Return what the line has no place for."""
    notes = []
    for title, some in (
        ("regression", result.regressions),
        ("fails in stock, too, as known", result.known),
        ("fails in stock, too, and isn't listed", result.unlisted),
        ("known to fail in stock, and did not", result.unseen),
    ):
        notes += [f"- {result.target}: {title}: {one}" for one in some]
    return notes
