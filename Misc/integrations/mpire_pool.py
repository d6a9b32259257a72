"""MPIRE: a pool with a progress bar, and an object that all its workers share."""

from data import TABLE, WORKERS, work  # yours
from immortal_objects import before_first_fork
from mpire import WorkerPool


def task(table, number):
    assert table is TABLE
    return work(number)


if __name__ == "__main__":
    before_first_fork()
    with WorkerPool(WORKERS, start_method="fork", shared_objects=TABLE) as pool:
        print(sum(pool.map(task, range(WORKERS), chunk_size=1, progress_bar=True)))
