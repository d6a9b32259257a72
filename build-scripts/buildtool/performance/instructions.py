"""The instructions that patched takes for each that stock takes: counted, recorded, compared.

Callgrind's counts are the same on a busy machine and on a quiet one, so they can guard every
change. They aren't the time: a processor may do more instructions in less.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..core import process
from ..core.errors import BuildError
from ..install import place
from . import callgrind, valgrind
from .callgrind import Program
from .programs import GROUPS, PROGRAMS

RECORD = callgrind.CONFIG / "instructions.json"
# By how much a ratio, and a geometric mean, may be above the recorded one: see
# pyperformance-config/README.md.
TOLERANCE = 0.006
MEAN_TOLERANCE = 0.0015
RSS_RUNS = 49

Pair = Mapping[str, Path]


def measure(pair: Pair, folder: Path, jobs: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Count all programs in the interpreters {"stock": PYTHON, "patched": PYTHON}.

    *jobs* programs run at a time; callgrind's files are kept in *folder*. Returns what is recorded
    of a build: see pyperformance-config/README.md. Raises BuildError.
    """
    counting = valgrind.version(valgrind.command())
    compilers = {side: compiler(python) for side, python in pair.items()}
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [(one, side) for one in PROGRAMS for side in pair]
    with callgrind.laboratory(pair, PROGRAMS) as places:

        def count(number: int) -> int:
            program, side = wanted[number]
            say(f"[{number + 1}/{len(wanted)}] {side} {program.name}")
            output = profile(folder, program.name, side)
            counts = [callgrind.count(places[side], program, output) for _ in range(program.runs)]
            return round(statistics.mean(counts))

        with ThreadPoolExecutor(jobs) as pool:
            counts = list(pool.map(count, range(len(wanted))))
    found: dict[str, dict[str, Any]] = {}
    for number, (program, side) in enumerate(wanted):
        found.setdefault(program.name, {})[side] = counts[number]
    for entry in found.values():
        entry["ratio"] = round(entry["patched"] / entry["stock"], 4)
    return {
        "python": _ask(pair["patched"], "import platform; print(platform.python_version())"),
        "compiler": compilers["patched"],
        "valgrind": counting,
        "memory": {side: resident(python) for side, python in pair.items()},
        "geometric_means": {
            name: round(geometric_mean(found, of), 4) for name, of in GROUPS.items()
        },
        "programs": found,
    }


def profile(folder: Path, program: str, side: str) -> Path:
    """Return where measure() keeps callgrind's file."""
    return folder / f"{program}.{side}.callgrind"


def geometric_mean(programs: Mapping[str, Mapping[str, int]], group: Sequence[Program]) -> float:
    """Return that of the ratios of a group of programs."""
    logs = [math.log(programs[one.name]["patched"] / programs[one.name]["stock"]) for one in group]
    return math.exp(math.fsum(logs) / len(logs))


def resident(python: Path) -> dict[str, int]:
    """Return the memory of *python* at its start in bytes: Rss, and what of it is Anonymous.

    Medians over many processes: Rss counts the pages of files that the kernel maps in advance,
    which differ by 200 KiB with the addresses that a process is given; Anonymous is what the
    process has for itself.
    """
    code = "print(open('/proc/self/smaps_rollup').read())"
    program = python.with_name(python.name.removesuffix(place.HERE))
    program.read_bytes()  # so that the kernel has it in memory as a whole
    told = [_ask(python, code) for _ in range(RSS_RUNS)]
    found = {}
    for name in ("Rss", "Anonymous"):
        sizes = re.findall(rf"^{name}: *(\d+) kB$", "\n".join(told), re.MULTILINE)
        if not sizes:
            raise BuildError("the kernel has no /proc/self/smaps_rollup")
        found[name.lower()] = int(statistics.median(map(int, sizes))) * 1024
    return found


def compiler(python: Path) -> str:
    """Return the name and version of the compiler, as the interpreter tells."""
    return _ask(python, "import platform; print(platform.python_compiler())")


def _ask(python: Path, code: str) -> str:
    command = [str(python), "-I", "-c", code]
    return process.run(command, f"{python} doesn't run", env=callgrind.ENVIRONMENT).strip()


def read() -> dict[str, Any]:
    """Return what is recorded, by the name of the build."""
    found: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    return found


def update(name: str, measured: Mapping[str, Any]) -> None:
    """Record *measured* as what the build *name* has reached."""
    record = {**read(), name: measured}
    RECORD.write_text(json.dumps(dict(sorted(record.items())), indent=1) + "\n")


def worse(measured: Mapping[str, Any], recorded: Mapping[str, Any]) -> list[str]:
    """Return a line for every ratio that is above the recorded one by more than tolerated."""
    lines = []
    for name, entry in measured["programs"].items():
        was = recorded["programs"].get(name)
        if was is None:
            lines.append(f"{name} is not recorded; see compare-performance.sh --update")
        elif entry["ratio"] > was["ratio"] + TOLERANCE:
            lines.append(f"{name}: {entry['ratio']:.4f} x stock, {was['ratio']:.4f} was reached")
    for name, mean in measured["geometric_means"].items():
        was = recorded["geometric_means"][name]
        if mean > was + MEAN_TOLERANCE:
            lines.append(f"geometric mean of the {name}: {mean:.4f} x stock, {was:.4f} was reached")
    return lines


def more_memory(measured: Mapping[str, Any], name: str) -> int:
    """Return how many bytes of "rss" or "anonymous" memory patched has more at its start."""
    memory = measured["memory"]
    return int(memory["patched"][name] - memory["stock"][name])


def table(measured: Mapping[str, Any]) -> str:
    """Return the ratios for people."""
    lines = [f"{name:<22}{entry['ratio']:.4f}" for name, entry in measured["programs"].items()]
    for name, mean in measured["geometric_means"].items():
        lines.append(f"{'geometric mean':<22}{mean:.4f}  of the {name}")
    for name in ("rss", "anonymous"):
        lines.append(f"{f'{name} at start':<22}{more_memory(measured, name) // 1024:+} KiB")
    return "\n".join(lines)


def additional(
    folder: Path, programs: Mapping[str, Mapping[str, int]], group: Sequence[Program]
) -> list[tuple[str, float]]:
    """Return the functions that take more in patched, each with its share of all that is more.

    One program of the group weighs as much as another: what a function takes more is divided by
    what stock takes for the whole program. What the compiler put into another function counts for
    that one.
    """
    more: dict[str, float] = defaultdict(float)
    for name in (one.name for one in group):
        for side, sign in (("patched", 1), ("stock", -1)):
            for function, taken in callgrind.functions(profile(folder, name, side)).items():
                more[function] += sign * taken / programs[name]["stock"]
    total = math.fsum(more.values())
    return sorted(((name, part / total) for name, part in more.items()), key=lambda one: -one[1])
