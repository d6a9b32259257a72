"""What the machine has to have: a compiler, packages, and somebody who may install them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable

from . import lists, process
from .errors import BuildError
from .paths import ROOT
from .targets import Target


def package_mode(may_install: bool) -> str:
    """Return how system packages can be installed here: "install" (root), "sudo", or "check"."""
    if not may_install or shutil.which("apt-get") is None:
        return "check"
    if os.geteuid() == 0:
        return "install"
    sudo = ["sudo", "-n", "true"]
    if shutil.which("sudo") and subprocess.run(sudo, capture_output=True).returncode == 0:
        return "sudo"
    return "check"


def require(target: Target, mode: str, say: Callable[[str], None]) -> None:
    """Make sure that the target's compiler is there, and that the rest is or can be installed.

    Installs the compiler alone: the recipe sees to the other packages. Raises BuildError, with the
    line that root has to run, if something is missing and *mode* is "check".
    """
    command = target.command
    no_compiler = shutil.which(command) is None
    problem = f"no compiler: target {target.name} needs {command}"
    if mode == "check":
        packages = missing_packages()
        if no_compiler:
            packages = sorted({*packages, *target.packages})
        if packages:
            problem = problem if no_compiler else "packages are missing"
            raise BuildError(f"{problem}; as root run: {apt_line(packages)}")
    elif no_compiler:
        say(f"installing {' '.join(target.packages)}")
        root = [] if mode == "install" else ["sudo", "-n"]
        install = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c"]
        ran = subprocess.run([*install, apt_line(target.packages)], capture_output=True, text=True)
        if ran.returncode or shutil.which(command) is None:
            reason = process.last_line(ran.stderr, "it did not come")
            raise BuildError(f"{problem}, and apt-get can't install it: {reason}")


def missing_packages() -> list[str]:
    """Return those of packages.txt that dpkg doesn't have; none on a machine without dpkg."""
    if shutil.which("dpkg-query") is None:
        return []
    wanted = lists.read(ROOT / "build-scripts" / "packages.txt")
    return [package for package in wanted if not _is_installed(package)]


def apt_line(packages: list[str]) -> str:
    """Return the line that installs *packages*."""
    return f"apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}"


def _is_installed(package: str) -> bool:
    command = ["dpkg-query", "-W", "-f=${db:Status-Status}", package]
    ran = subprocess.run(command, capture_output=True, text=True)
    return ran.returncode == 0 and ran.stdout.startswith("installed")
