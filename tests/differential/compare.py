"""Run random programs in stock and in the patched interpreter, and compare what they did.

    compare.py --stock PYTHON --patched PYTHON [--first SEED] [--count N] [--jobs N]
    compare.py --stock PYTHON --patched PYTHON --seed SEED              one program, and its outcomes
    compare.py --stock PYTHON --patched PYTHON --seed SEED --shrink     the shortest that differs
    compare.py --seed SEED --show                                       its text

A program is the same for each seed. Outputs, exit statuses and the files that it left are
compared. What stock itself doesn't do twice in the same way is no difference. Nor is it one if
stock loses the module with all its objects at exit, as it does where C holds one of them, and
patched calls their finalizers: then only output and exit status count.
Exits with 1 if a program differs, and names its seed.
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
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import program
from program import Fork, Program, Steps

HERE = Path(__file__).resolve().parent
TIMEOUT = 60
GONE = re.compile(r"'NoneType' object|Python is likely shutting down|None, Python is")
AGAIN = 3  # so often a program is run before it is said to differ
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONWARNINGS": "ignore::ResourceWarning",
    "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:handle_segv=0",
}


@dataclass(frozen=True)
class Outcome:
    """What a program did: its status, its lines, and the files that it left."""

    status: int | str
    lines: tuple[str, ...]
    any_order: tuple[str, ...]
    errors: tuple[str, ...]
    files: tuple[tuple[str, str], ...]

    @property
    def is_leaked(self) -> bool:
        """Tell whether the program's objects were still there when its interpreter was gone."""
        return "~ finalized canary by main" not in self.any_order

    def differs(self, other: Outcome) -> Iterator[str]:
        """Say in which way *other* is not the same."""
        names = ["status", "lines", "any_order", "errors", "files"]
        for name in names[:2] if other.is_leaked and not self.is_leaked else names:
            ours, theirs = getattr(self, name), getattr(other, name)
            if ours != theirs:
                if isinstance(ours, tuple):
                    theirs, ours = (list(map(str, some)) for some in (theirs, ours))
                    lines = [line for line in difflib.ndiff(theirs, ours) if line[0] in "+-"]
                    yield f"{name} (- stock, + patched):\n    " + "\n    ".join(lines)[:1500]
                else:
                    yield f"{name}: stock {theirs}, patched {ours}"


def complaints(lines: list[str]) -> list[str]:
    """Return the lines on stderr, each ignored exception as one, without source lines.

    Stock's finalizers fail at exit where they need what is gone by then; those of immortal
    objects find all they need, and so these failures are no difference.
    """
    found: list[str] = []
    about = ""
    for line in lines:
        if line.startswith("Exception ignored "):
            about = line
        elif not about and not line.startswith("    "):
            found.append(line)
        elif about and re.match(r"[A-Za-z_][\w.]*(:|$)", line) and "Traceback" not in line:
            if not GONE.search(line):
                found.append(f"{about}: {line}")
            about = ""
    return found


class Server:
    """A warm process of an interpreter, which runs programs in children."""

    def __init__(self, python: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [str(python), str(HERE / "serve.py"), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **ENVIRONMENT},
        )

    def run(self, source: str, folder: Path) -> dict[str, Any]:
        """Run a program; return its status and what it printed."""
        assert self.process.stdin and self.process.stdout
        job = {"source": source, "folder": str(folder), "timeout": TIMEOUT}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


class Interpreter:
    """An interpreter under test, with its two servers, which belong to one thread."""

    def __init__(self, python: Path) -> None:
        self.python = python
        self.servers: dict[str, Server] = {}
        code = "import sysconfig; print(sysconfig.get_path('stdlib'))"
        ran = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
        self.library = ran.stdout.strip()

    def run(self, one: Program) -> Outcome:
        """Run a program and look at what it did."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
            folder = Path(place, "work")
            folder.mkdir()
            if one.way == "alone":
                found = self._alone(one.source, folder)
            else:
                if one.way not in self.servers:
                    options = ["seal"] if "sealed" in one.way else []
                    self.servers[one.way] = Server(self.python, *options)
                found = self.servers[one.way].run(one.source, folder)
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            return self._outcome(found, folder, files)

    def _alone(self, source: str, folder: Path) -> dict[str, Any]:
        """Run a program by itself."""
        script = folder.with_name("program.py")
        script.write_text(source)
        with (
            folder.with_name("out").open("wb") as out,
            folder.with_name("err").open("wb") as err,
        ):
            process = subprocess.Popen(
                [str(self.python), str(script)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=folder,
                env={**os.environ, **ENVIRONMENT},
                start_new_session=True,
            )
            status: int | str = "timed out"
            try:
                status = process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 6)
                process.wait()
        texts = {name: folder.with_name(name).read_text(errors="replace") for name in ("out", "err")}
        return {"status": status, **texts}

    def _outcome(self, found: dict[str, Any], folder: Path, files: list[Path]) -> Outcome:
        lines = self._clean(found["out"], folder)
        errors = complaints(self._clean(found["err"], folder))
        left = []
        for path in files:
            name = re.sub(r"(named|tmp)\w+", r"\1", path.name)
            content = path.read_bytes()
            binary = path.suffix in (".gz", ".zip") or name.startswith("database")
            text = str(len(content)) if binary else self._plain(repr(content), folder)
            left.append((name, text[:5000]))
        return Outcome(
            found["status"],
            tuple(line for line in lines if "~" not in line),
            tuple(sorted(line for line in lines if "~" in line)),
            tuple(sorted(errors)),
            tuple(sorted(left)),
        )

    def _clean(self, text: str, folder: Path) -> list[str]:
        return self._plain(text, folder).splitlines()

    def _plain(self, text: str, folder: Path) -> str:
        text = text.replace(str(folder.parent), "FOLDER").replace(self.library, "LIBRARY")
        text = re.sub(r"(?<=LIBRARY)(\S*, line )\d+", r"\1", text)
        return re.sub(r"(named|tmp)\w{8}\b", r"\1", re.sub(r"0x[0-9a-f]{6,}", "0x", text))

    def close(self) -> None:
        """End the servers."""
        for server in self.servers.values():
            server.close()
        self.servers.clear()


class Pair:
    """Stock and patched."""

    def __init__(self, stock: Path, patched: Path) -> None:
        self.stock, self.patched = Interpreter(stock), Interpreter(patched)

    def compare(self, one: Program) -> list[str]:
        """Return in which ways patched differs, each time, from all that stock does."""
        theirs = [self.stock.run(one)]
        for _ in range(AGAIN):
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
            for inner in shorter(step.steps):
                yield [*steps[:index], replace(step, steps=inner), *steps[index + 1 :]]
            yield steps[:index] + step.steps + steps[index + 1 :]


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
            if kind(pair.compare(smaller)) == first:
                one, improved = smaller, True
                break
    for change in ({"way": "alone"}, {"end": "pass"}, {"in_function": False}):
        simpler = replace(one, **change)
        if kind(pair.compare(simpler)) == first:
            one = simpler
    return one


def compare_many(
    stock: Path, patched: Path, seeds: range, jobs: int, echo: bool = False
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
                print(f"{seed + 1 - seeds.start} programs, {len(found)} differ", flush=True)
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
