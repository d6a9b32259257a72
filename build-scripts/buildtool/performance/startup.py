"""How long a start takes: many processes by turns, since what there is to see is less than 1 %.

pyperformance's benchmarks of it start a few dozen, whose interval is wider than that.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..core.errors import BuildError
from ..core.progress import Progress
from . import callgrind, ratios
from .programs import STARTUP

# Starts of each program in each interpreter, by the size of the run; so many are an observation.
COUNTS = {"smoke": 40, "standard": 1000, "rigorous": 4000}
BLOCK = 20
FILE = "starts.json"
STAGE = "starts of the interpreters"
Starts = dict[str, dict[str, list[float]]]


def measure(pair: Mapping[str, Path], size: str, folder: Path, progress: Progress) -> None:
    """Write into *folder* how long each start took, in seconds, unless that is there already.

    Both interpreters lie at paths of the same length: see callgrind.laboratory(). Raises BuildError
    if one doesn't start.
    """
    progress.stage(STAGE)
    if (folder / FILE).exists():
        return
    taken: Starts = {}
    with callgrind.laboratory(pair, ()) as places:
        for program in STARTUP:
            commands = {
                side: [*callgrind.command_of(python), *program.arguments]
                for side, python in places.items()
            }
            for command in commands.values():
                _start(command)  # which finds its files in memory from now on
            name = f"python {' '.join(program.arguments)}"
            taken[name] = {side: [] for side in commands}
            for side in _turns(list(commands), COUNTS[size]):
                taken[name][side].append(_start(commands[side]))
    unfinished = folder / f"{FILE}.part"
    unfinished.write_text(json.dumps(taken))
    unfinished.rename(folder / FILE)


def _turns(sides: Sequence[str], count: int) -> Iterator[str]:
    """Yield each of two sides *count* times, by turns, and each first as often as the other."""
    for number in range(count):
        yield from sides if number % 2 else reversed(sides)


def _start(command: Sequence[str]) -> float:
    """Return how many seconds a process takes from its start to its end."""
    begin = time.perf_counter()
    process = os.posix_spawn(command[0], list(command), callgrind.ENVIRONMENT)
    _, status = os.waitpid(process, 0)
    taken = time.perf_counter() - begin
    if status:
        raise BuildError(f"{command[0]} doesn't start: {' '.join(command)}")
    return taken


def collect(folder: Path) -> list[ratios.Ratio]:
    """Return the ratios of what measure() left in *folder*: none where it didn't run."""
    if not (folder / FILE).exists():
        return []
    taken: Starts = json.loads((folder / FILE).read_text())
    return [ratio(name, seconds) for name, seconds in taken.items()]


def ratio(name: str, seconds: Mapping[str, Sequence[float]]) -> ratios.Ratio:
    """Return patched to stock: the medians of each block of starts are one observation."""

    def median(side: str, first: int) -> float:
        return statistics.median(seconds[side][first : first + BLOCK])

    firsts = range(0, len(seconds["stock"]), BLOCK)
    logarithms = [math.log(median("patched", first) / median("stock", first)) for first in firsts]
    return ratios.of_logarithms(name, logarithms)
