"""Files that list names: one a line, with "#" comments."""

from __future__ import annotations

from pathlib import Path


def name_of(line: str) -> str:
    """Return the name in a line, without its comment; "" if it has none."""
    return line.partition("#")[0].strip()


def names(text: str) -> list[str]:
    """Return the names in a list's *text*, in order."""
    return [name for line in text.splitlines() if (name := name_of(line))]


def read(path: Path) -> list[str]:
    """Return the names in a file, in order. Raises OSError."""
    return names(path.read_text(encoding="utf-8"))
