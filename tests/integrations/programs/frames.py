"""An array and a data frame whose columns are Python objects; see data.py for the rest."""

from __future__ import annotations

import gc

import numpy as np
import pandas as pd
from data import TABLE, WORKERS, wait

__all__ = ["ARRAY", "FRAME", "WORKERS", "work"]

ARRAY = np.array([f"note on {name}" for name in TABLE], dtype=object)
FRAME = pd.DataFrame(
    {
        "text": [f"city of {name}" for name in TABLE],
        "objects": pd.Series([f"{number}!" for number in range(len(TABLE))], dtype=object),
        "number": range(len(TABLE)),
    }
)
TABLE.clear()


def work(number: int) -> float:
    """Read all objects of the columns; return a checksum."""
    total = sum(map(len, ARRAY)) + int(FRAME["number"].sum())
    for name in ("text", "objects"):
        total += sum(map(len, FRAME[name].array))
    gc.collect()
    wait()
    return float(total)
