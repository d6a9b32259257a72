"""Put shapes through their lives: run.py MODE NAME..., in the interpreter under test.

MODE says what happens between making an object and using it: `nothing`, `alone`
(gc.immortalize) or `heap` (gc.immortalize_heap). Prints what using each one gave.
"""

from __future__ import annotations

import gc
import sys

import behaviours
import containers
import extensions  # noqa: F401


def main(mode: str, *names: str) -> None:
    lives = {name: containers.SHAPES[name]() for name in names or containers.SHAPES}
    objects = {name: next(life) for name, life in lives.items()}
    if mode == "alone":
        for obj in objects.values():
            assert gc.immortalize(obj) is obj
    elif mode == "heap":
        assert gc.immortalize_heap() > 1000
    if mode != "nothing":
        assert all(gc.is_immortal(obj) for obj in objects.values())
    del objects
    gc.collect()
    for name, life in lives.items():
        print(name, ascii(next(life)))
        behaviours.LOG.clear()
        gc.collect()


if __name__ == "__main__":
    if sys.argv[1] == "list":
        print(*containers.SHAPES)
    else:
        main(*sys.argv[1:])
