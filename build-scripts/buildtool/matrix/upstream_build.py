"""Build CPython as its own developers do, where only a hosted runner can: cl.exe, and macOS.

The interpreters stay in their source trees. This, and what it imports, runs on Windows as well.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

from ..core import paths
from ..core.errors import BuildError
from ..core.kinds import Kind
from ..core.targets import Target
from ..interpreter import configuration
from ..recipe import patches, sources
from ..series import order

# PCbuild's names: of the platform, for build.bat, and of the folder for its programs.
PCBUILD = {"x86_64": ("x64", "amd64"), "i686": ("Win32", "win32"), "aarch64": ("ARM64", "arm64")}


def check(target: Target) -> None:
    """Raise BuildError unless this machine is one that *target* can be built and run on."""
    if platform.system() != target.system:
        raise BuildError(f"only a hosted runner has it: {target.hosted}")


def build(target: Target, kind: Kind, jobs: int, folder: Path) -> Path:
    """Build into *folder*, always anew; return the interpreter. BuildError if that fails."""
    check(target)
    tree = folder / str(kind)
    shutil.rmtree(tree, ignore_errors=True)
    _unpack(tree)
    if kind.immortal:
        series = paths.series_folder(configuration.Configuration().series)
        patches.apply(tree, series, order.read(series / "series").names, print)
    if target.system == "Windows":
        name, place = PCBUILD[target.arch]
        _run(["cmd", "/c", r"PCbuild\build.bat", "-p", name, "--no-tkinter"], tree)
        return tree / "PCbuild" / place / "python.exe"
    _run(["./configure", "--with-openssl=" + _openssl()], tree)
    _run(["make", f"-j{jobs}"], tree)
    return tree / "python.exe"  # so named where file names have no upper and lower case


def _unpack(tree: Path) -> None:
    source = configuration.Configuration().source()
    archive = sources.fetch(source, paths.sources(), print)
    place = tree.with_name("unpacked")
    shutil.rmtree(place, ignore_errors=True)
    sources.unpack(archive, place, "CPython's source can't be unpacked").rename(tree)
    place.rmdir()


def _openssl() -> str:
    ran = subprocess.run(["brew", "--prefix", "openssl@3"], capture_output=True, text=True)
    return ran.stdout.strip()


def _run(command: list[str], tree: Path) -> None:
    """Run *command* in *tree*; what it says is for the runner's own log."""
    if subprocess.run(command, cwd=tree, env=os.environ).returncode:
        raise BuildError(f"{' '.join(command)} failed in {tree}; see the lines above")
