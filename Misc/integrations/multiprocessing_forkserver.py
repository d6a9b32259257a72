"""multiprocessing, start method "forkserver": the server loads the data, and forks the workers.

forkserver_preload.py, beside this file, is what it loads.
"""

import multiprocessing

if __name__ == "__main__":
    multiprocessing.set_forkserver_preload(["forkserver_preload"])
    context = multiprocessing.get_context("forkserver")
    from forkserver_preload import WORKERS, work

    with context.Pool(WORKERS) as pool:
        print(sum(pool.map(work, range(WORKERS), chunksize=1)))
