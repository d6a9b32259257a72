"""Run other programs, and say in one line why one failed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from typing import Any

from .errors import BuildError


def run(command: Sequence[str], problem: str, **options: Any) -> str:
    """Run *command* with subprocess.run()'s *options*; return what it prints, as text.

    Raises BuildError where it fails or can't be started: "PROBLEM: REASON".
    """
    try:
        ran = subprocess.run(command, capture_output=True, text=True, **options)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{problem}: {error}") from error
    if ran.returncode:
        raise BuildError(f"{problem}: {reason(ran)}")
    return str(ran.stdout)


def reason(ran: subprocess.CompletedProcess[str]) -> str:
    """Return the last line of what a program said on stderr, or its exit status."""
    return last_line(ran.stderr, f"exit status {ran.returncode}")


def last_line(text: str, default: str) -> str:
    """Return the last line of *text* that isn't empty, or *default*."""
    return (text.strip().splitlines() or [default])[-1]


def first_line(*command: str) -> str:
    """Return the first line that *command* prints; "unknown" if it prints none. Raises OSError."""
    ran = subprocess.run(command, capture_output=True, text=True)
    return (ran.stdout.splitlines() or ["unknown"])[0]


def clean_environment() -> dict[str, str]:
    """Return the environment without what is meant for the Python that runs this."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
