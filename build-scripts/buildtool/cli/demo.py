"""The demonstration: the memory that a forked child copies, with and without immortal objects."""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
from pathlib import Path

from ..core import paths, process
from ..core.errors import exit_status
from .arguments import positive

# Records that make a heap of some 100 MB on a 64-bit machine.
RECORDS = 100_000
MODES = {
    "nothing": "nothing",
    "freeze": "gc.freeze()",
    "immortalize": "gc.immortalize_heap()",
}


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What one run of the workload's heap.py reports; sizes in bytes."""

    mode: str
    heap: int
    rss: int
    dirty: int
    objects: int

    @property
    def share(self) -> float:
        """The part of the heap that the child copied, from 0 to about 1."""
        return self.dirty / self.heap


def measure(python: Path, records: int = RECORDS) -> list[Measurement]:
    """Measure *python* in every mode that it has, each in a process of its own.

    Raises BuildError when the interpreter can't run the measurement.
    """
    modes = list(MODES)
    has_api = "import gc, sys; sys.exit(not hasattr(gc, 'immortalize_heap'))"
    if subprocess.run([python, "-I", "-c", has_api]).returncode:
        modes.remove("immortalize")
    return [_measure(python, mode, records) for mode in modes]


def _measure(python: Path, mode: str, records: int) -> Measurement:
    script = paths.ROOT / "Misc" / "workload" / "workload" / "heap.py"
    command = [str(python), "-I", str(script), mode, str(records)]
    said = process.run(command, f"the demonstration failed in {python}")
    return Measurement(**json.loads(said))


def table(measurements: list[Measurement]) -> str:
    """Return the measurements as a table for people."""
    heap = measurements[0].heap / 1e6
    lines = [
        f"A forked child reads a heap of {heap:.0f} MB and runs gc.collect(). It had to copy:",
        "",
        f"  {'before the fork':<24}{'copied':>10}{'of the heap':>14}",
    ]
    for one in measurements:
        lines.append(f"  {MODES[one.mode]:<24}{one.dirty / 1e6:>7.1f} MB{one.share:>13.1%}")
    if all(one.mode != "immortalize" for one in measurements):
        lines.append(f"  {MODES['immortalize']:<24}{'not in this interpreter':>24}")
    return "\n".join(lines)


def main() -> None:
    """Run the command; BuildError if the interpreter does not run."""
    parser = argparse.ArgumentParser(
        prog="python -m buildtool.cli.demo",
        description="Measure how much of a loaded heap a forked child that only reads it copies: "
        "as it is, after gc.freeze(), and after gc.immortalize_heap().",
    )
    parser.add_argument("python", type=Path, help="the interpreter to measure")
    parser.add_argument(
        "--records",
        type=positive,
        default=RECORDS,
        help="size of the heap in records (default: %(default)s, some 100 MB)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, sizes in bytes")
    args = parser.parse_args()
    measurements = measure(args.python, args.records)
    if args.json:
        print(json.dumps([dataclasses.asdict(one) | {"share": one.share} for one in measurements]))
    else:
        print(table(measurements))


if __name__ == "__main__":
    sys.exit(exit_status(main))
