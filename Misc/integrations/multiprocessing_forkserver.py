"""multiprocessing, start method "forkserver": the server loads the data, and forks the workers.

forkserver_preload.py, beside this file, is what it loads.
"""

import multiprocessing
import os
import sys

if __name__ == "__main__":
    # The server starts as a new program. Before 3.12.8 and 3.13.1 it doesn't take over sys.path,
    # and says nothing of a module that it doesn't find.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    multiprocessing.set_forkserver_preload(["forkserver_preload"])
    context = multiprocessing.get_context("forkserver")
    from forkserver_preload import WORKERS, work

    with context.Pool(WORKERS) as pool:
        print(sum(pool.map(work, range(WORKERS), chunksize=1)))
