"""joblib, with the backend that forks. Its default backend, loky, starts programs anew instead."""

from data import WORKERS, work  # yours
from immortal_objects import before_first_fork
from joblib import Parallel, delayed

if __name__ == "__main__":
    before_first_fork()
    parallel = Parallel(n_jobs=WORKERS, backend="multiprocessing", batch_size=1)
    print(sum(parallel(delayed(work)(number) for number in range(WORKERS))))
