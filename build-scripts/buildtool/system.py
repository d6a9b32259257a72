"""What the machine has to have: a compiler, and somebody who may install what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess

from .errors import BuildError
from .recipe import apt_line
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


def require_compiler(target: Target, mode: str) -> None:
    """Make sure that the target's compiler is there; BuildError if it isn't and can't be."""
    if shutil.which(target.compiler):
        return
    line = apt_line(target.packages)
    missing = f"no compiler: target {target.name} needs {target.compiler}"
    if mode == "check":
        raise BuildError(f"{missing}; as root run: {line}")
    root = [] if mode == "install" else ["sudo", "-n"]
    command = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", line]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode or shutil.which(target.compiler) is None:
        reason = (ran.stderr.strip().splitlines() or ["it did not come"])[-1]
        raise BuildError(f"{missing}, and apt-get can't install it: {reason}")
