"""The table of the matrix: one line for each target, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .examine import Result, series

HEADINGS = (
    *("target", "result", "machine, read inside", "compiler", "emulator"),
    *("encodings, drift", "tests", "stock", "patched", "series"),
)


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
    table = [f"| {' | '.join(HEADINGS)} |", "| --- " * len(HEADINGS) + "|"]
    table += [f"| {' | '.join(_escape(cell) for cell in row(one))} |" for one in results]
    notes = [note for result in results for note in _notes(result)]
    return [*table, "", *notes] if notes else table


def row(result: Result) -> list[str]:
    """Return the cells of a target's line."""
    inside = result.inside
    machine = ""
    if inside:
        machine = f"{inside['machine']}, {inside['bits']} bits, {inside['byte_order']} endian"
        machine += f", alignment {inside['alignment']}"
    state = f"{result.state}: {result.reason}" if result.reason else result.state
    tests = f"{result.tests}, {result.modules} modules" if result.tests else ""
    sides = [_counts(result.cases.get(side, {})) for side in ("stock", "patched")]
    return [
        *(result.target, state, machine, result.compiler, result.emulator),
        *(result.encodings, tests, *sides, _age(result.series)),
    ]


def _age(digest: str) -> str:
    """Return the digest that a result is of, marked if the series is another one by now."""
    return digest if digest in ("", series()) else f"{digest}, old"


def _counts(cases: dict[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in cases.items())


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


def _escape(cell: str) -> str:
    return cell.replace("|", "&#124;").replace("\n", " ")
