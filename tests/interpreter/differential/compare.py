"""Run random programs in stock and in the patched interpreter, and compare what they did.

    compare.py --stock PYTHON --patched PYTHON [--first SEED] [--count N] [--jobs N]
    compare.py --stock PYTHON --patched PYTHON --seed SEED             how one program differs
    compare.py --stock PYTHON --patched PYTHON --seed SEED --shrink    the shortest that differs
    compare.py --seed SEED --show                                       its text

A program is the same for each seed. Outputs, exit statuses and the files that it left are
compared. What stock itself doesn't do twice in the same way is no difference. Nor is it one if
stock leaks an object at exit, as it does where C holds it, and patched calls its finalizer: then
neither finalizers nor files count, but what only a thread holds no child may finalize.
Exits with 1 if a program differs, and names its seed.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from . import program
from .outcome import Interpreter
from .program import Fork, Program, Steps

AGAIN = 3  # so often a program is run before it is said to differ


class Pair:
    """Stock and patched."""

    def __init__(self, stock: Path, patched: Path) -> None:
        self.stock, self.patched = Interpreter(stock), Interpreter(patched)

    def compare(self, one: Program, times: int = AGAIN) -> list[str]:
        """Return in which ways patched differs, each time, from all that stock does."""
        theirs = [self.stock.run(one)]
        for _ in range(times):
            ours = self.patched.run(one)
            if not all(any(ours.differs(other)) for other in theirs):
                return []
            theirs.append(self.stock.run(one))
        found = list(ours.differs(theirs[0]))
        return [f"(stock is unstable) {line}" for line in found] if len(set(theirs)) > 1 else found

    def close(self) -> None:
        """End the servers of both."""
        self.stock.close()
        self.patched.close()


def shorter(steps: Steps) -> Iterator[Steps]:
    """Give *steps* with parts left out, large parts first."""
    size = len(steps)
    length = max(size // 2, 1)
    while length and steps:
        for start in range(0, size, length):
            yield steps[:start] + steps[start + length :]
        length //= 2
    for index, step in enumerate(steps):
        if isinstance(step, Fork):
            yield steps[:index] + step.steps + steps[index + 1 :]
            for inner in shorter(step.steps):
                yield [*steps[:index], replace(step, steps=inner), *steps[index + 1 :]]


def shrink(pair: Pair, one: Program) -> Program:
    """Return the shortest program that still differs in the same way."""

    def kind(found: list[str]) -> str:
        return found[0].partition(":")[0] if found else ""

    first = kind(pair.compare(one))
    improved = bool(first)
    while improved:
        improved = False
        for steps in shorter(one.steps):
            smaller = replace(one, steps=steps)
            if kind(pair.compare(smaller, 1)) == first:
                one, improved = smaller, True
                break
    for change in ({"way": "alone"}, {"end": "pass"}, {"in_function": False}):
        simpler = replace(one, **change)
        if kind(pair.compare(simpler)) == first:
            one = simpler
    return one


def compare_many(
    stock: Path, patched: Path, seeds: Sequence[int], jobs: int, echo: bool = False
) -> dict[int, list[str]]:
    """Compare the programs of *seeds*; return the differences of those that differ."""
    waiting = iter(seeds)
    lock = threading.Lock()
    found: dict[int, list[str]] = {}

    def work() -> None:
        pair = Pair(stock, patched)
        while True:
            with lock:
                seed = next(waiting, None)
            if seed is None:
                break
            different = pair.compare(program.make(seed))
            if different:
                with lock:
                    found[seed] = different
                    if echo:
                        print(f"seed {seed} differs:", *different, sep="\n  ", flush=True)
            if echo and seed % 500 == 499:
                print(f"{seed + 1 - seeds[0]} programs, {len(found)} differ", flush=True)
        pair.close()

    with ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(work) for _ in range(jobs)]:
            done.result()
    return found


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--stock", type=Path, default=os.environ.get("CPYTHON_IMMORTAL_STOCK"))
    add("--patched", type=Path, default=os.environ.get("CPYTHON_IMMORTAL_PATCHED"))
    add("--seed", type=int, help="run this program alone")
    add("--first", type=int, default=0, help="the first seed")
    add("--count", type=int, default=200, help="how many programs")
    add("--jobs", type=int, default=os.cpu_count() or 1)
    add("--show", action="store_true", help="print the program's text")
    add("--shrink", action="store_true", help="make the program as short as it can be")
    options = parser.parse_args()
    if options.seed is not None and options.show and not options.shrink:
        print(program.make(options.seed).source)
        return 0
    if not options.stock or not options.patched:
        parser.error("--stock and --patched, or their environment variables, name interpreters")
    if options.seed is None:
        seeds = range(options.first, options.first + options.count)
        found = compare_many(options.stock, options.patched, seeds, options.jobs, echo=True)
        print(f"{options.count} programs, {len(found)} differ: {sorted(found)}")
        return 1 if found else 0
    pair = Pair(options.stock, options.patched)
    one = program.make(options.seed)
    if options.shrink:
        one = shrink(pair, one)
        text = one.source
        print(text[text.index("\ntry:\n") :])
    print(one.way, *pair.compare(one), sep="\n")
    pair.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
