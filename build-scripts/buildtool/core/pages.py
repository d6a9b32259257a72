"""Blocks of the README files that commands write: each between two comments that name it."""

from __future__ import annotations

from pathlib import Path

from .errors import BuildError


def block(name: str, text: str) -> str:
    """Return *text* as the block *name* stands in a page."""
    return f"<!-- begin: {name} -->\n\n{text.strip()}\n\n<!-- end: {name} -->\n"


def replace(page: Path, name: str, text: str) -> None:
    """Write *text* into the block *name* of *page*; BuildError if the page has no such block."""
    begin, end = f"<!-- begin: {name} -->\n", f"<!-- end: {name} -->\n"
    before, found, rest = page.read_text().partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise BuildError(f"{page} has no place for {name}: {begin.strip()} and {end.strip()}")
    page.write_text(before + block(name, text) + after)
