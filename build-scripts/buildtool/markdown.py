"""Tables of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def row(cells: Iterable[object]) -> str:
    """Return a line of a table; a bar within a cell is escaped."""
    return f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in cells)} |\n"


def table(head: Sequence[object], rows: Iterable[Iterable[object]]) -> str:
    """Return a table with the headings *head*."""
    return row(head) + row(["---"] * len(head)) + "".join(map(row, rows))
