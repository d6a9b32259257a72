# The extension, which _backend.py alone uses. Names are private to the package.
from typing import TypeVar

T = TypeVar("T")

def usable() -> str | None:
    """Return None for an interpreter that the module is built for, or why it isn't, in a line."""

def version() -> str:
    """Return which CPython the module was compiled for: "3.14.7 GIL"."""

def immortalize(obj: T, /) -> T: ...
def immortalize_heap(mortal: tuple[type, ...] = ()) -> int: ...
def is_immortal(obj: object, /) -> bool: ...
def census() -> dict[str, dict[type, tuple[int, int]]]:
    """Return by reason and type how many objects there are, and their bytes.

    The reasons are "immortal", and of those that are mortal "mortal type", "running", "unfinished"
    and "later".
    """

def drift() -> list[tuple[object, int]]:
    """Return the immortal objects whose counts have moved, and by how much; move them back."""
