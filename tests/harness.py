"""Run code in an interpreter under test and look at how it ended."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from buildtool import paths

TESTS = Path(__file__).resolve().parent

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
    assert (done.returncode, done.stderr) == (0, ""), (
        f"status {done.returncode}\n--- stdout\n{done.stdout[-4000:]}\n"
        f"--- stderr\n{done.stderr[-8000:]}"
    )
    return done.stdout


def run_json(python: Path | str, code: str | Path, *args: str, **options: Any) -> Any:
    """Run *code* like `run` and return the JSON value that is the last line of its output."""
    return json.loads(run(python, code, *args, **options).splitlines()[-1])


def config(python: Path | str) -> dict[str, str]:
    """Return what is needed to compile against *python*: CC, CXX, CCSHARED and `include`."""
    code = """import json, sysconfig
found = {name: sysconfig.get_config_var(name) or "" for name in ("CC", "CXX", "CCSHARED")}
print(json.dumps({**found, "include": sysconfig.get_path("include")}))"""
    return dict(run_json(python, code))


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


def compile_with(command: Sequence[str]) -> None:
    """Run the compiler *command*; raise AssertionError with its messages if it fails or warns."""
    done = subprocess.run(list(command), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), f"{' '.join(command)}\n{done.stderr[-4000:]}"
