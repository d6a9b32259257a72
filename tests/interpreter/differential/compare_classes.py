"""Make an object of every class of the standard library immortal, in stock and in patched; compare.

    compare_classes.py --stock PYTHON --patched PYTHON [--jobs N] [MODULE...]

All objects of a module live in one process. Where it ends or prints otherwise than stock's, twice,
each class of the module runs alone, to name those that differ. classes.py is what runs.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from .outcome import ENVIRONMENT, TIMEOUT, complaints

HERE = Path(__file__).resolve().parent
MODES = ("alone", "heap")
AGAIN = 2
LOADED = re.compile(r"takes too long|TooLong")  # a machine that does other things, too


def modules(python: Path) -> list[str]:
    """Return the modules of *python*'s library."""
    command = [python, HERE / "classes.py", "list"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    return list(json.loads(ran.stdout.splitlines()[-1]))


def environment() -> dict[str, str]:
    """Return the environment of all runs."""
    return {**os.environ, **ENVIRONMENT}


def outcome(python: Path, module: str, mode: str, only: str = "") -> list[str]:
    """Run the classes of a module; return all that could be seen."""
    command = [str(python), str(HERE / "classes.py"), "run", module, mode, *([only] * bool(only))]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            ran = subprocess.run(
                command,
                capture_output=True,
                text=True,
                errors="replace",
                cwd=folder,
                timeout=5 * TIMEOUT,
                env={**environment(), "TMPDIR": folder, "HOME": folder},
            )
        except subprocess.TimeoutExpired:
            return ["timed out"]
        left = sorted(path.name for path in Path(folder).iterdir())
    plain = re.sub(r"0x[0-9a-f]+|/\S+|line \d+|\d+\.\d+s\b", "N", ran.stderr)
    errors = complaints(plain.splitlines())
    names = [re.sub(r"(tmp|pymp-)\w+", r"\1", name) for name in left]
    return [f"status {ran.returncode}", *ran.stdout.splitlines(), *sorted(errors), *names]


def difference(stock: Path, patched: Path, module: str, mode: str, only: str = "") -> list[str]:
    """Return the lines in which patched differs, each time, from what stock does."""
    theirs = [outcome(stock, module, mode, only)]
    ours: list[str] = []
    for _ in range(AGAIN):
        ours = outcome(patched, module, mode, only)
        if ours in theirs:
            return []
        theirs.append(outcome(stock, module, mode, only))
    changing = set(theirs[0]) ^ set(theirs[-1])
    found = [line for line in difflib.ndiff(theirs[0], ours) if line[0] in "+-"]
    return [line for line in found if line[2:] not in changing and not LOADED.search(line)]


def compare(stock: Path, patched: Path, job: tuple[str, str]) -> list[str]:
    """Compare one module in one way; name the classes that differ."""
    module, mode = job
    found = difference(stock, patched, module, mode)
    if not found:
        return []
    lines = [f"{module}, {mode}:", *found[:20]]
    names = re.findall(r"^[\w.]+?\.(\w+)\(", "\n".join(outcome(stock, module, mode)), re.M)
    for name in dict.fromkeys(names):
        alone = difference(stock, patched, module, mode, name)
        if alone:
            lines += [f"class {name} alone:", *alone[:20]]
    return lines


def compare_all(
    stock: Path, patched: Path, names: list[str], jobs: int, echo: bool = False
) -> dict[tuple[str, str], list[str]]:
    """Compare all classes of the modules *names*; return what differs."""
    work = [(name, mode) for name in names for mode in MODES]
    found = {}
    with ThreadPoolExecutor(jobs) as pool:
        for job, lines in zip(work, pool.map(partial(compare, stock, patched), work), strict=True):
            if lines:
                found[job] = lines
                if echo:
                    print(*lines, sep="\n    ", flush=True)
    return found


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("modules", nargs="*", metavar="MODULE")
    add("--stock", type=Path, default=os.environ.get("CPYTHON_IMMORTAL_STOCK"))
    add("--patched", type=Path, default=os.environ.get("CPYTHON_IMMORTAL_PATCHED"))
    add("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if not options.stock or not options.patched:
        parser.error("--stock and --patched, or their environment variables, name interpreters")
    names = options.modules or modules(options.stock)
    found = compare_all(options.stock, options.patched, names, options.jobs, echo=True)
    print(f"{len(names)} modules, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
