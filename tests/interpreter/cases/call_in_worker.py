"""A forked worker makes its heap immortal, which copies the heap: a ResourceWarning tells.

call_in_worker.py parent|child|both
"""

import sys
import warnings

from memory import in_child, seal

DATA = {f"key {i}": [f"value {i}", i * 1.0, {"a": i}] for i in range(60_000)}
WHERE = sys.argv[1]


def work():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        if WHERE in ("child", "both"):
            seal()
            seal()
    return [f"{warning.category.__name__}: {warning.message}" for warning in seen]


with warnings.catch_warnings():
    warnings.simplefilter("error")
    if WHERE in ("parent", "both"):
        seal()
in_child(work)
