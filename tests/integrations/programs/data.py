"""What the examples in Misc/integrations take for "your module": data, and work on it.

DATA_RECORDS in the environment says how many records are loaded at the import, DATA_WORKERS how
many workers there are to be. Each of them has to do one piece of work, and waits in it, when it
has read all records and collected garbage, until the observer (observing.py) has seen all of them.
"""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path

from workload.heap import load, read

WORKERS = int(os.environ.get("DATA_WORKERS", "0"))
TABLE = load(int(os.environ["DATA_RECORDS"]))


def work(number: int) -> float:
    """Do the piece of work of this number (they are all the same); return a checksum."""
    total = read(TABLE)
    gc.collect()
    wait()
    return total


def wait() -> None:
    """Tell the observer that this process has done its work; wait until it has looked."""
    folder = Path(os.environ["DATA_FOLDER"])
    (folder / str(os.getpid())).touch()
    while not (folder / "seen").exists():
        time.sleep(0.05)
