"""Run commands of buildtool, without the shell scripts that make their virtual environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from buildtool.core import paths
from harness import modules


def run_module(
    module: str, *args: str | Path, checkout: Path = paths.ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run python -m *module*, of the buildtool in *checkout*."""
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, args)],
        env=os.environ | modules(checkout / "build-scripts") | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def build(
    *args: str, checkout: Path = paths.ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the tool behind build.sh."""
    return run_module("buildtool.cli.build", "--no-demo", *args, checkout=checkout, **environment)


def error_line(ran: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that a failed run has to end with."""
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    found = [line for line in ran.stderr.splitlines() if line.startswith("error: ")]
    assert len(found) == 1
    assert ran.stderr.splitlines()[-1] == found[0]
    return found[0]
