"""A PyTorch data set that keeps a list of names, DATA_RECORDS long.

DATA_DISTINCT in the environment says how many of them are distinct. When a worker has read its
share of them in all epochs, it waits as data.py says.
"""

from __future__ import annotations

import os
import zlib

os.environ.setdefault("DATA_RECORDS", "0")

from data import WORKERS, wait
from torch.utils.data import Dataset

EPOCHS = 2
COUNT = int(os.environ["DATA_RECORDS"])
DISTINCT = int(os.environ.get("DATA_DISTINCT", COUNT))


class Items(Dataset[int]):
    def __init__(self) -> None:
        names = [f"images/{number:08}.jpeg" for number in range(DISTINCT)]
        self.names = [names[number % DISTINCT] for number in range(COUNT)]
        self.left = COUNT * EPOCHS // WORKERS

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> int:
        self.left -= 1
        if not self.left:
            wait()
        return zlib.crc32(self.names[index].encode())
