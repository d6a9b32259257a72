"""The package on stock CPython: wheels made by wheels.sh, and environments that have one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness import DISTRIBUTION

OWN_TESTS = DISTRIBUTION / "tests"
COPIED = OWN_TESTS / "copied.py"
# Of a child's Rss, what it may copy of an immortal heap; in stock it copies more than BEFORE.
SHARE, BEFORE = 0.001, 0.7


def call(
    *command: Path | str, cwd: Path = OWN_TESTS, status: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command away from the package's source, so that the installed one is found."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = tuple(str(word) for word in command)
    ran = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, env={**env, **environment}
    )
    assert ran.returncode == status, ran.stdout[-4000:] + ran.stderr[-4000:]
    return ran


def install(python: Path, folder: Path, *what: Path | str, **environment: str) -> Path:
    """Make an environment of *python* that has *what* pip installs; return its interpreter."""
    call(python, "-m", "venv", "--without-pip", folder)
    ours = folder / "bin" / "python"
    pip_install(ours, "-qq", *what, **environment)
    return ours


def pip_install(
    python: Path, *arguments: Path | str, status: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Let the tools' pip install something into the environment of *python*."""
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    return call(*pip, "install", "--no-cache-dir", *arguments, status=status, **environment)


def copied(*command: Path | str, **environment: str) -> dict[str, Any]:
    """Run copied.py by a command that starts an interpreter; return its figures."""
    ran = call(*command, **environment)
    assert ran.stderr == "", ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return {**found, "share": found["copied"] / found["rss"]}
