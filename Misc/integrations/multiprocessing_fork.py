"""multiprocessing, start method "fork": what is loaded before the pool is made is shared."""

import multiprocessing

from data import WORKERS, work  # yours
from immortal_objects import before_first_fork

if __name__ == "__main__":
    before_first_fork()
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        print(sum(pool.map(work, range(WORKERS), chunksize=1)))
