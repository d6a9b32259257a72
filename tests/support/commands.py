"""Run commands of buildtool, without the shell scripts that make their virtual environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from buildtool.core import paths, process
from harness import modules


def run_module(
    module: str,
    *args: str | Path,
    checkout: Path = paths.ROOT,
    limit: float = 300,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run python -m *module*, of the buildtool in *checkout*, for *limit* seconds at most."""
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, args)],
        env=os.environ | modules(checkout / "build-scripts") | environment,
        capture_output=True,
        text=True,
        timeout=limit,
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


def docker_sh(*arguments: str, status: int = 0) -> str:
    """Run docker.sh's command; return its output, or the line that it fails with."""
    command = [sys.executable, "-m", "buildtool.cli.docker", *arguments]
    env = {"PATH": "/usr/bin:/bin", **modules(paths.ROOT / "build-scripts")}
    ran = subprocess.run(command, cwd=paths.ROOT, env=env, capture_output=True, text=True)
    assert ran.returncode == status, ran.stdout + ran.stderr
    return ran.stderr if status else ran.stdout


def output_of(*command: Path | str, cwd: Path | None = None) -> str:
    """Run *command* without the environment of this test's own Python; return what it printed."""
    env = process.clean_environment()
    ran = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
