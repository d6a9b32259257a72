"""PyTorch's DataLoader: a data set that keeps a plain list, shared by workers that are forked.

Elsewhere each worker copies the list by reading it: https://github.com/pytorch/pytorch/issues/13246
"""

from immortal_objects import before_first_fork
from items import EPOCHS, WORKERS, Items  # yours: a data set, and how to read it
from torch.utils.data import DataLoader

if __name__ == "__main__":
    loader = DataLoader(
        Items(), batch_size=1000, shuffle=True, num_workers=WORKERS, persistent_workers=True
    )
    before_first_fork()
    print(sum(int(batch.sum()) for epoch in range(EPOCHS) for batch in loader))
