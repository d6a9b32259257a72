"""Put shapes through their lives: run.py MODE NAME..., in the interpreter under test.

MODE says what happens between making an object and using it: `nothing`, `alone`
(gc.immortalize) or `heap` (gc.immortalize_heap). Prints what using each one gave.
"""

from __future__ import annotations

import gc
import sys

import classes  # noqa: F401
import containers  # noqa: F401
import extensions  # noqa: F401
import functions  # noqa: F401
import helpers  # noqa: F401
import instances  # noqa: F401
import mappings  # noqa: F401
import scalars  # noqa: F401
import suspended  # noqa: F401
from registry import LOG, SHAPES


def main(mode: str, *names: str) -> None:
    lives = {name: SHAPES[name]() for name in names or SHAPES}
    objects = {name: next(life) for name, life in lives.items()}
    if mode == "alone":
        for obj in objects.values():
            assert gc.immortalize(obj) is obj
    elif mode == "heap":
        assert gc.immortalize_heap(mortal=()) > 1000
    if mode != "nothing":
        assert all(gc.is_immortal(obj) for obj in objects.values())
    del objects
    gc.collect()
    for name, life in lives.items():
        print(name, ascii(next(life)))
        LOG.clear()
        gc.collect()


if __name__ == "__main__":
    if sys.argv[1] == "list":
        print(*SHAPES)
    else:
        main(*sys.argv[1:])
