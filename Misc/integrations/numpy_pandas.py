"""NumPy and pandas: columns of Python objects, read by processes that are forked.

An array hides its objects from the collector. In CPython 3.11 gc.immortalize_heap() doesn't find
them: name them before it. A wheel of NumPy for 3.11 counts references to immortal objects, which
copies their pages: have it compiled, pip install --no-binary numpy numpy. On 3.12 and later neither
is needed. Columns of numbers were shared all along, and
so are pandas's strings where pyarrow keeps them: their elements are made anew when one asks for
them, and would stay for good.
"""

import multiprocessing

import numpy as np
from frames import ARRAY, FRAME, WORKERS, work  # yours
from immortal_objects import before_first_fork, immortal


def make_elements_immortal(array):
    """Make the elements of an array or a column immortal, if it keeps Python objects."""
    if array.dtype == object or getattr(array.dtype, "storage", None) == "python":
        for element in np.asarray(array, dtype=object).flat:
            immortal(element)


if __name__ == "__main__":
    for column in (ARRAY, *(column for _, column in FRAME.items())):
        make_elements_immortal(column)
    before_first_fork()
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        print(sum(pool.map(work, range(WORKERS), chunksize=1)))
