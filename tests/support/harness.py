"""Run code in an interpreter under test and look at how it ended."""

from __future__ import annotations

import hashlib
import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from buildtool.core import paths

TESTS = Path(__file__).resolve().parents[1]
SEALED = TESTS / "sealed"
MISC = paths.ROOT / "Misc"
DISTRIBUTION = MISC / "immortal-objects"

# Of the fixture of that name: what returns an interpreter by the keywords of build.ensure().
Interpreters = Callable[..., Path]

# Set iteration and dict collisions depend on string hashes; the runs being compared must agree.
FIXED = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONWARNINGS": "ignore::ResourceWarning",  # which a debug build shows by default
}


def run(
    python: Path | str,
    code: str | Path,
    *args: str,
    timeout: float = 300,
    env: dict[str, str] | None = None,
    stdin: str = "",
) -> str:
    """Run *code* (source text, or the path of a script) with *python*; return what it printed.

    Raises AssertionError unless the process ends by itself with status 0 and an empty stderr.
    *timeout* is in seconds.
    """
    script = [str(code)] if isinstance(code, Path) else ["-c", code]
    done = subprocess.run(
        [str(python), "-X", "faulthandler", *script, *args],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **FIXED, **(env or {})},
        check=False,
    )
    assert (done.returncode, complaints(done)) == (0, ""), (
        f"status {done.returncode}\n--- stdout\n{done.stdout[-4000:]}\n"
        f"--- stderr\n{done.stderr[-8000:]}"
    )
    return done.stdout


def modules(*folders: Path | str) -> dict[str, str]:
    """Return the variable by which a program under test finds modules.

    Those are in *folders*, and in Misc/workload.
    """
    return {"PYTHONPATH": os.pathsep.join(map(str, (*folders, MISC / "workload")))}


def without_modules() -> dict[str, str]:
    """Return this process's environment without what tells where modules are."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def script(path: Path) -> SimpleNamespace:
    """Return what a script defines that lies where no module is looked for; main() isn't run."""
    return SimpleNamespace(**runpy.run_path(str(path)))


def keep(results: Path, name: str, found: Any, order: Iterable[str]) -> None:
    """Put what was *found* by *name* into a JSON file, whose names are in *order*."""
    kept = json.loads(results.read_text()) if results.exists() else {}
    kept[name] = found
    in_order = {name: kept[name] for name in order if name in kept}
    results.write_text(json.dumps(in_order, indent=1) + "\n")


def complaints(done: subprocess.CompletedProcess[str]) -> str:
    """Return what is on stderr, less what Wine says there when a thread of its own ends late.

    It writes the line in pieces, and its process may end after the first of them.
    """
    return re.sub(r"^wine client error:.*\n?", "", done.stderr, flags=re.MULTILINE)


def run_json(python: Path | str, code: str | Path, *args: str, **options: Any) -> Any:
    """Run *code* like `run` and return the JSON value that is the last line of its output."""
    return json.loads(run(python, code, *args, **options).splitlines()[-1])


def site_packages(python: Path, wanted: Path) -> Path:
    """Return the site-packages of an environment of *python* with the wheels that *wanted* pins.

    It is made at the first call, and kept in the cache.
    """
    key = hashlib.sha256(wanted.read_bytes() + str(python.resolve()).encode()).hexdigest()[:16]
    folder = paths.cache() / f"{wanted.stem}-{key}"
    done = folder / "done"
    if not done.exists():
        install = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
        for command in (
            [str(python), "-m", "venv", "--clear", str(folder)],
            [str(folder / "bin/python"), *install, "-r", str(wanted)],
        ):
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            assert result.returncode == 0, result.stdout + result.stderr
        done.touch()
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(run(folder / "bin/python", code).strip())


def conan(
    home: Path, *arguments: str | Path, stderr: int = subprocess.STDOUT, **environment: str
) -> str:
    """Run Conan in the checkout, with *home*; return what it printed, by default to stderr, too."""
    ran = subprocess.run(
        [Path(sys.executable).with_name("conan"), *arguments],
        cwd=paths.ROOT,
        env=os.environ | {"CONAN_HOME": str(home)} | environment,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )
    assert ran.returncode == 0, (ran.stdout + (ran.stderr or ""))[-4000:]
    return ran.stdout
