"""stdlib.py --mode MODE: what does a forked child copy that works with the standard library?

Runs in the interpreter to be measured, on the standard library alone. Runs all of walk/ some
times, as a server that has been warmed up (not with --cold), does what MODE says (nothing, freeze,
immortalize), and forks a child that runs all of it again, checks that the results are the same, and
collects garbage. Prints one JSON object, sizes in bytes, as records.py; without a control, since
`copied` needs none.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import pkgutil
from collections.abc import Callable
from typing import Any

import walk
from observer import ENDS, Observer
from observer import measure as watched
from workload.heap import MODES

WARM, ROUNDS = 10, 3


def load(kinds: tuple[str, ...], only: list[str]) -> dict[str, Callable[[], object]]:
    """Return the work of each module of the standard library by its name, or *only* some.

    *kinds* are the first words of the functions' names: see walk.
    """
    found: dict[str, Callable[[], object]] = {}
    for info in pkgutil.iter_modules(walk.__path__):
        module = importlib.import_module(f"walk.{info.name}")
        for name, function in vars(module).items():
            if name.startswith(kinds):
                found[name] = function
    return {name: found[name] for name in only} if only else found


def measure(
    mode: str, works: dict[str, Callable[[], object]], warm: int, end: str
) -> dict[str, Any]:
    """Warm up, do what the mode says, and let a child work."""
    observer = None if end else Observer()
    expected = {}
    for _ in range(warm):
        results = {name: work() for name, work in works.items()}
        # Comparing, too, may cache something in what is compared.
        assert results == (expected or results)
        expected = results

    def child() -> None:
        for _ in range(ROUNDS):
            for name, work in works.items():
                result = work()
                if warm and result != expected[name]:
                    raise AssertionError(f"{name}: {result!r}, not {expected[name]!r}")
        gc.collect()

    return watched(child, observer, end, mode, warm=warm)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mode", choices=MODES, required=True)
    parser.add_argument("--cold", action="store_true", help="don't warm up")
    parser.add_argument("--end", choices=ENDS, help="measure nothing, but let the child end so")
    parser.add_argument("--changing", action="store_true", help="with the change_ functions, too")
    parser.add_argument("only", nargs="*", metavar="FUNCTION", help="these alone, e.g. work_json")
    options = parser.parse_args()
    kinds = ("work_", "change_") if options.changing or options.only else ("work_",)
    found = measure(
        options.mode, load(kinds, options.only), 0 if options.cold else WARM, options.end
    )
    if found.get("status", 0) is not None:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
