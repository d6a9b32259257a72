"""concurrent.futures.ProcessPoolExecutor: it forks its workers at the first submit()."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from data import WORKERS, work  # yours
from immortal_objects import before_first_fork

if __name__ == "__main__":
    before_first_fork()
    with ProcessPoolExecutor(WORKERS, multiprocessing.get_context("fork")) as executor:
        print(sum(executor.map(work, range(WORKERS))))
