"""Tables of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def row(cells: Iterable[object]) -> str:
    """Return a line of a table; what would end a cell or the line is escaped."""
    escaped = [str(cell).replace("|", "&#124;").replace("\n", " ") for cell in cells]
    return f"| {' | '.join(escaped)} |\n"


def table(head: Sequence[object], rows: Iterable[Iterable[object]]) -> str:
    """Return a table with the headings *head*."""
    return row(head) + row(["---"] * len(head)) + "".join(map(row, rows))
