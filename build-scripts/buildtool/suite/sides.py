"""Run many modules of the test suite with two interpreters, and keep what came of each."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from ..core import process
from ..core.errors import BuildError
from ..install import place
from . import single
from .single import Outcome, Settings


@dataclass(frozen=True)
class Side:
    """One of the two interpreters, and where its outcomes are kept."""

    name: str
    python: Path
    folder: Path

    def log(self, module: str, number: int = 0) -> Path:
        """Return the log of a run: the first, or that of the run *number* alone."""
        return self.folder / (f"{module}.alone{number}.log" if number else f"{module}.log")

    def outcome(self, module: str) -> Outcome | None:
        """Return what an earlier run gave, if there was one."""
        kept = self.folder / f"{module}.json"
        return Outcome(**json.loads(kept.read_text())) if kept.exists() else None

    def run(self, module: str, settings: Settings, stop: threading.Event) -> Outcome:
        """Run *module* and keep its outcome."""
        outcome = single.run(self.python, module, settings, self.log(module), stop)
        part = self.folder / f"{module}.part"
        part.write_text(json.dumps(outcome.as_json()))
        part.rename(self.folder / f"{module}.json")
        return outcome


def make_side(name: str, python: Path, folder: Path, settings: Settings, again: bool) -> Side:
    """Prepare the folder of one side; outcomes of another interpreter or other settings go."""
    if not python.is_file():
        raise BuildError(f"{python} isn't there; name an interpreter")
    folder = folder / name
    key = f"{fingerprint(python)} {settings}"
    record = folder / "made-with"
    if again or not record.exists() or record.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        record.write_text(key)
    return Side(name, python, folder)


def fingerprint(python: Path) -> str:
    """Return a hash that changes with the interpreter: its program and its library's files."""
    # A script may be what runs the program beside it.
    beside = python.with_name(python.name.removesuffix(place.HERE))
    programs = sorted({python, *([beside] if beside.exists() else [])})
    digest = hashlib.sha256(b"".join(program.read_bytes() for program in programs))
    code = "import sysconfig; print(sysconfig.get_path('stdlib'))"
    problem = f"{python} does not run; name a working interpreter"
    library = Path(process.run([str(python), "-c", code], problem).strip())
    shared = library.parent.glob("libpython*.so*")
    for path in sorted([*library.rglob("*.py"), *library.rglob("*.so"), *shared]):
        digest.update(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}".encode())
    return digest.hexdigest()


def run_all(
    sides: Sequence[Side], modules: Sequence[tuple[Side, str]], settings: Settings, jobs: int
) -> None:
    """Run every module that has no outcome yet, *jobs* at a time, and say what came of each."""
    waiting = [(side, module) for side, module in modules if side.outcome(module) is None]
    done = len(modules) - len(waiting)
    if done:
        print(f"{done} of {len(modules)} runs are kept from before", flush=True)
    start = time.monotonic()
    stop = threading.Event()
    with ThreadPoolExecutor(jobs) as pool:
        runs = {pool.submit(side.run, module, settings, stop): side for side, module in waiting}
        try:
            for number, run in enumerate(as_completed(runs), done + 1):
                outcome = run.result()
                minutes, seconds = divmod(int(time.monotonic() - start), 60)
                print(
                    f"[{number}/{len(modules)} {minutes}:{seconds:02}] {runs[run].name} "
                    f"{outcome.module}: {outcome.cases[single.WHOLE]}, "
                    f"{len(outcome.cases) - 1} cases, {outcome.seconds:.0f} s",
                    flush=True,
                )
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
