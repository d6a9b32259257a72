"""Run code in an interpreter under test and look at how it ended."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from buildtool import install, paths
from buildtool.windows import extension as windows_extension
from buildtool.windows import root as windows_root

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
    assert (done.returncode, complaints(done)) == (0, ""), (
        f"status {done.returncode}\n--- stdout\n{done.stdout[-4000:]}\n"
        f"--- stderr\n{done.stderr[-8000:]}"
    )
    return done.stdout


def complaints(done: subprocess.CompletedProcess[str]) -> str:
    """Return what is on stderr, less what Wine says there when a thread of its own ends late.

    It writes the line in pieces, and its process may end after the first of them.
    """
    return re.sub(r"^wine client error:.*\n?", "", done.stderr, flags=re.MULTILINE)


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


def extension(python: Path, source: Path, product: Path, *defined: str) -> None:
    """Compile the extension module *product* (without its suffix) for *python*: -DNAME=VALUE."""
    if wine := _windows(python):
        product = product.with_suffix(".pyd")
        windows_extension.module(wine, python.parents[1], source, product, defined)
        return
    found = config(python)
    compile_with(
        [
            *shlex.split(found["CC"]),
            *shlex.split(found["CCSHARED"]),
            *["-shared", "-O2", "-Wall", "-Wextra", "-Werror", *defined],
            *[f"-I{found['include']}", str(source), "-o", str(product.with_suffix(".so"))],
        ]
    )


def program(python: Path, source: Path, product: Path) -> list[str]:
    """Compile a program with the headers of *python* alone; return the command that runs it."""
    if wine := _windows(python):
        product = product.with_suffix(".exe")
        windows_extension.program(wine, python.parents[1], source, product, [])
        return [str(wine.folder / "wine.sh"), str(product)]
    found = config(python)
    compile_with(
        [
            *shlex.split(found["CC"]),
            *["-std=c11", "-Wall", "-Wextra", "-O2", f"-I{found['include']}"],
            *[str(source), "-o", str(product)],
        ]
    )
    return [*install.run_command(python.parents[1]), str(product)]


def _windows(python: Path) -> windows_root.Root | None:
    """Return the root in which *python*, of an installation for Windows, was built."""
    if not (python.parents[1] / "python.exe").exists():
        return None
    platform = run(python, "import sysconfig; print(sysconfig.get_platform())").strip()
    return windows_root.find({"win-amd64": "x86_64", "win32": "i686"}[platform])


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


def compile_with(command: Sequence[str]) -> None:
    """Run the compiler *command*; raise AssertionError with its messages if it fails or warns."""
    done = subprocess.run(list(command), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), f"{' '.join(command)}\n{done.stderr[-4000:]}"
