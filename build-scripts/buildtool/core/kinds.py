"""The two kinds of interpreter that are built in the same way, and compared."""

from __future__ import annotations

from enum import Enum


class Kind(str, Enum):
    """Stock is without the series, patched is with it; the values stand in records and names."""

    STOCK = "stock"
    PATCHED = "patched"

    def __str__(self) -> str:
        return self.value

    @property
    def immortal(self) -> bool:
        """The recipe's option of that name."""
        return self is Kind.PATCHED
