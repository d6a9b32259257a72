"""A real piece of work for each package; run as: work.py NAME, in the interpreter under test.

Does the work, immortalizes the heap where the interpreter can, does the work twice more with
a collection in between, and prints the three results as one line of JSON.
"""

from __future__ import annotations

import gc
import json
import sys

import arrays  # noqa: F401
import documents  # noqa: F401
import machinery  # noqa: F401
from registry import WORK


def main() -> None:
    function = WORK[sys.argv[1]]
    results = [function()]
    if hasattr(gc, "immortalize_heap"):
        assert gc.immortalize_heap() > 1000
        assert gc.is_immortal(function)
    results.append(function())
    gc.collect()
    results.append(function())
    print(json.dumps(results, default=str))


if __name__ == "__main__":
    main()
