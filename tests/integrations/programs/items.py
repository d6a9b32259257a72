"""A PyTorch data set of DATA_RECORDS names, which it keeps in a list.

With DATA_KEPT=0 in the environment the list is empty, and each name is made when it's asked for.
When a worker has read its share of the names in all epochs, it waits as data.py says.
"""

from __future__ import annotations

import os
import zlib

os.environ.setdefault("DATA_RECORDS", "0")

from data import WORKERS, wait
from torch.utils.data import Dataset

EPOCHS = 2
COUNT = int(os.environ["DATA_RECORDS"])
KEPT = int(os.environ.get("DATA_KEPT", COUNT))


def name(index: int) -> str:
    return f"images/{index:08}.jpeg"


class Items(Dataset[int]):
    def __init__(self) -> None:
        self.names = [name(index) for index in range(KEPT)]
        self.left = COUNT * EPOCHS // WORKERS

    def __len__(self) -> int:
        return COUNT

    def __getitem__(self, index: int) -> int:
        self.left -= 1
        if not self.left:
            wait()
        return zlib.crc32((self.names[index] if self.names else name(index)).encode())
