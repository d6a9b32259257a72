"""Count the instructions of programs of an interpreter with valgrind's callgrind."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core import paths, process, versions
from ..core.errors import BuildError
from ..install import place
from . import valgrind

CONFIG = paths.ROOT / "pyperformance-config"
# What is counted of a benchmark lies between calls of these: see counted/pyperf.py.
BETWEEN = ("--zero-before=getppid", "--dump-before=getsid")
# Counts depend on how strings hash and whether .pyc files have to be written; and a little on the
# size of the environment, so there is nothing else in it.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Program:
    """A program to count: a benchmark's script, or the whole of `python ARGUMENTS` without one.

    *script* is a path in pyperformance-config/, or in pyperformance's own benchmarks if it begins
    with "pyperformance/". *benchmark* is its name there, *name* the one in our tables. *globals*
    replaces global names of the script, to make it smaller. The mean of so many *runs* counts.
    """

    name: str
    script: str = ""
    arguments: Sequence[str] = ()
    benchmark: str = ""
    loops: int = 1
    warmups: int = 1
    runs: int = 1
    globals: dict[str, Any] = field(default_factory=dict)

    def environment(self, folder: Path) -> dict[str, str]:
        """Return what the program needs in its environment, run from *folder*."""
        if not self.script:
            return ENVIRONMENT
        counted = {
            "name": self.benchmark or self.name,
            "loops": self.loops,
            "warmups": self.warmups,
            "globals": self.globals,
        }
        return {
            **ENVIRONMENT,
            "PYTHONPATH": str(folder / "counted"),
            "COUNTED": json.dumps(counted),
        }


def find(script: str) -> Path:
    """Return where a script of a Program is; BuildError if there is none."""
    origin, _, rest = script.partition("/")
    folder = CONFIG
    if origin == "pyperformance":
        spec = importlib.util.find_spec("pyperformance")
        if spec is None or spec.origin is None:
            raise BuildError("pyperformance is not installed; see build-scripts/requirements.txt")
        folder, script = Path(spec.origin).parent / "data-files" / "benchmarks", rest
    if not (folder / script).is_file():
        raise BuildError(f"there is no benchmark {folder / script}")
    return folder / script


@contextlib.contextmanager
def laboratory(pair: Mapping[str, Path], programs: Sequence[Program]) -> Iterator[dict[str, Path]]:
    """Lend copies of the interpreters, beside copies of the programs' scripts, for count().

    Their paths have the same length everywhere, for counts depend on it: a start-up takes 0.1 %
    more for each further letter, and where a string lies in memory decides whether it meets
    another one in the cache of methods. Raises BuildError when there is no place for it.
    """
    for number in range(10):
        folder = Path(f"/tmp/counted-{number}")
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            break
    else:
        raise BuildError("/tmp/counted-0 to 9 are taken; remove those of runs that were killed")
    try:
        places = {}
        for number, (side, python) in enumerate(pair.items()):
            prefix, copied = python.resolve().parent.parent, folder / str(number)
            for part in [path for pattern in parts(prefix) for path in prefix.glob(pattern)]:
                target = copied / part.relative_to(prefix)
                target.parent.mkdir(parents=True, exist_ok=True)
                if part.is_dir():
                    ignored = shutil.ignore_patterns("test")
                    shutil.copytree(part, target, True, ignored, copy_function=_link)
                else:
                    _link(str(part), str(target))
            places[side] = copied / "bin" / python.resolve().name
        shutil.copytree(CONFIG / "counted", folder / "counted")
        for program in programs:
            (folder / program.name).mkdir()
            if program.script:
                shutil.copy2(find(program.script), folder / program.name / "run_benchmark.py")
        yield places
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _link(source: str, target: str) -> None:
    """Link a file, or copy it where that can't be done; programs, without their debug symbols.

    that of Debian 12 needs none and gives up at those of clang, which are DWARF 5.
    """
    with open(source, "rb") as file:
        program = file.read(4) == b"\x7fELF"
    if program:
        process.run(["strip", "-g", "-o", target, source], f"{source} can't be copied")
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def count(python: Path, program: Program, output: Path) -> int:
    """Return how many instructions *program* takes in *python*, both from a laboratory.

    Those of missed() are left out of a benchmark. Callgrind's file is kept as *output*. Raises
    BuildError if it fails.
    """
    folder = python.parents[2]
    home = folder / program.name
    script = [str(home / "run_benchmark.py")] if program.script else []
    with tempfile.TemporaryDirectory() as temporary:
        profile = Path(temporary, "profile")
        between = BETWEEN if program.script else ()
        command = [*valgrind.command(), "-q", "--tool=callgrind", f"--callgrind-out-file={profile}"]
        command += [*between, *command_of(python), *script, *program.arguments]
        environment = program.environment(folder)
        ran = subprocess.run(command, capture_output=True, text=True, cwd=home, env=environment)
        found = profile.with_name("profile.1") if program.script else profile
        if ran.returncode or not found.is_file():
            said = [line for line in ran.stderr.splitlines() if line.strip("=0123456789 ")]
            reason = (said or [f"exit status {ran.returncode}"])[-1].strip()
            raise BuildError(f"{program.name} can't be counted in {python}: {reason}")
        shutil.copyfile(found, output)
    total = re.search(r"^(?:summary|totals): (\d+)$", output.read_text(), re.MULTILINE)
    if total is None:
        raise BuildError(f"callgrind counted nothing; see {output}")
    return int(total[1]) - (missed(output) if program.script else 0)


def parts(prefix: Path) -> list[str]:
    """Return patterns of what the interpreter in *prefix* needs of its installation."""
    python = versions.installed(prefix)
    return [f"bin/{python.program}*", str(python.library), "lib/libpython3*", place.MARKER]


def command_of(python: Path) -> list[str]:
    """Return the command that runs *python*, without a shell script in between."""
    run = place.run_command(python.parent.parent)
    if not run:
        return [str(python)]
    return [
        *run,
        "--argv0",
        str(python),
        str(python.with_name(python.name.removesuffix(place.HERE))),
    ]


def functions(profile: Path) -> Counter[str]:
    """Return the instructions of each function by its name, without those that it calls."""
    return _read(profile)[0]


def missed(profile: Path) -> int:
    """Return the instructions of lookups that the cache of methods didn't have.

    Which names share a place in it depends on where they lie in memory, and moves with every
    change of a program: by up to 3 % of all instructions of richards, measured with longer paths.
    """
    return _read(profile)[1]["find_name_in_mro"]


def _read(profile: Path) -> tuple[Counter[str], Counter[str]]:
    """Return the instructions of each function without those that it calls, and of all calls."""
    names: dict[str, str] = {}
    own: Counter[str] = Counter()
    of_calls: Counter[str] = Counter()
    current = called = ""
    for line in profile.open():
        if match := re.match(r"(c?)fn=\((\d+)\)(?: (.*))?", line):
            if match[3]:
                # Parts that the compiler made of it, and levels of recursion, are one function.
                cut = r"\.(?:isra|part|constprop|cold|lto_priv)\b.*|'\d+$"
                names[match[2]] = re.sub(cut, "", match[3].strip())
            if match[1]:
                called = names[match[2]]
            else:
                current, called = names[match[2]], ""
        elif current and (match := re.match(r"[+\-*\d]\S* (\d+)$", line)):
            if called:  # the line after "calls="
                of_calls[called] += int(match[1])
                called = ""
            else:
                own[current] += int(match[1])
    return own, of_calls
