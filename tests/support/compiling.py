"""Compile extension modules and programs for an interpreter under test."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from buildtool.install import place
from buildtool.windows import extension as windows_extension
from buildtool.windows import root as windows_root
from harness import run, run_json


def config(python: Path | str) -> dict[str, str]:
    """Return what is needed to compile against *python*: CC, CXX, CCSHARED and `include`."""
    code = """import json, sysconfig
found = {name: sysconfig.get_config_var(name) or "" for name in ("CC", "CXX", "CCSHARED")}
print(json.dumps({**found, "include": sysconfig.get_path("include")}))"""
    return dict(run_json(python, code))


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
    return [*place.run_command(python.parents[1]), str(product)]


def _windows(python: Path) -> windows_root.Root | None:
    """Return the root in which *python*, of an installation for Windows, was built."""
    if not (python.parents[1] / "python.exe").exists():
        return None
    platform = run(python, "import sysconfig; print(sysconfig.get_platform())").strip()
    return windows_root.find({"win-amd64": "x86_64", "win32": "i686"}[platform])


def compile_with(command: Sequence[str]) -> None:
    """Run the compiler *command*; raise AssertionError with its messages if it fails or warns."""
    done = subprocess.run(list(command), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), f"{' '.join(command)}\n{done.stderr[-4000:]}"
