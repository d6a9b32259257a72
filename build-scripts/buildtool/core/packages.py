"""What the machine has to have: a compiler, packages, and somebody who may install them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable

from . import lists
from .errors import BuildError
from .paths import ROOT
from .targets import DEFAULT, Target, find


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
    """Make sure that the compilers are there, and that the rest is or can be installed.

    These are the target's and this machine's own, which the build of any target asks for. Installs
    them alone: the recipe sees to the other packages. Raises BuildError, with the line that root
    has to run, if something is missing and *mode* is "check".
    """
    native = find(DEFAULT)
    needed = {one.command: one.packages for one in (native, target)}
    lacking = [command for command in needed if shutil.which(command) is None]
    packages = list(dict.fromkeys(name for command in lacking for name in needed[command]))
    problem = f"no compiler: target {target.name} needs {' and '.join(lacking)}"
    if mode == "check":
        packages = sorted({*packages, *missing_packages()})
        if packages or lacking:
            problem = problem if lacking else "packages are missing"
            raise BuildError(f"{problem}; as root run: {apt_line(packages)}")
    elif lacking:
        say(f"installing {' '.join(packages)}")
        root = [] if mode == "install" else ["sudo", "-n"]
        install = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c"]
        ran = subprocess.run([*install, apt_line(packages)], capture_output=True, text=True)
        if ran.returncode or any(shutil.which(command) is None for command in lacking):
            reason = apt_reason(ran.stderr) or "it did not come"
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


def apt_reason(output: str) -> str:
    """Return why apt-get failed: the first file it can't fetch, or its first error; "" if none."""
    found = re.findall(r"^(?:W: (?=Failed to fetch)|E: )(.*)$", output, re.MULTILINE)
    return found[0] if found else ""


def _is_installed(package: str) -> bool:
    command = ["dpkg-query", "-W", "-f=${db:Status-Status}", package]
    ran = subprocess.run(command, capture_output=True, text=True)
    return ran.returncode == 0 and ran.stdout.startswith("installed")
