"""NumPy and pandas: columns of Python objects, read by processes that are forked.

An array hides its objects from the collector, so gc.immortalize_heap() doesn't find them: name them
before it. A wheel of NumPy counts references to immortal objects, too, which copies their pages:
have it compiled, pip install --no-binary numpy numpy. Columns of numbers were shared all along.
"""

import multiprocessing

from frames import ARRAY, FRAME, WORKERS, work  # yours
from immortal_objects import immortal, immortalize_heap

if __name__ == "__main__":
    for column in (ARRAY, FRAME["text"], FRAME["objects"]):
        for value in column:
            immortal(value)
    immortalize_heap()
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        print(sum(pool.map(work, range(WORKERS), chunksize=1)))
