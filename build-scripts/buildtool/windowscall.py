"""Call build-scripts/windows.sh, which builds the targets of the Windows ABI."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from .errors import BuildError
from .paths import ROOT
from .targets import Target


def build(target: Target, immortal: bool, jobs: int) -> Path:
    """Build an interpreter unless it is current; return the launcher that runs it under Wine."""
    stock = [] if immortal else ["--stock"]
    return Path(_call("build", target, *stock, "--jobs", str(jobs)))


def versions(target: Target) -> tuple[str, str]:
    """Return the versions of the compiler and of Wine."""
    found = json.loads(_call("versions", target))
    return found["compiler"], found["emulator"]


def _call(command: str, target: Target, *arguments: str) -> str:
    """Return the last line that the script prints; BuildError with its own last words."""
    script = ROOT / "build-scripts" / "windows.sh"
    if not script.exists():
        raise BuildError(f"{script.relative_to(ROOT)} isn't there to build it")
    called = [str(script), command, "--target", target.name, *arguments]
    with subprocess.Popen(
        called, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        out, complaints = process.communicate()
    if process.returncode or not out.strip():
        reason = (complaints.strip().splitlines() or [f"exit status {process.returncode}"])[-1]
        raise BuildError(reason.removeprefix("error: "))
    return out.strip().splitlines()[-1]
