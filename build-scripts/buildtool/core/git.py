"""Run git without the user's and the system's settings, for the same result on every machine."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from ..series.patchfile import decode
from .errors import BuildError

COMMITTER = "The patch series"


def git(folder: Path, *arguments: str, data: bytes | None = None) -> str:
    """Run git in *folder* and return its output; BuildError with its last words if it fails."""
    ran = run(folder, *arguments, data=data)
    if ran.returncode:
        words = decode(ran.stderr or ran.stdout).strip().splitlines()[-1:]
        raise BuildError(f"git {arguments[0]} in {folder}: {' '.join(words) or 'failed'}")
    return decode(ran.stdout)


def run(
    folder: Path, *arguments: str, data: bytes | None = None, date: str = ""
) -> subprocess.CompletedProcess[bytes]:
    """Run git in *folder*, without anybody's settings, and return what came of it."""
    environment = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    environment |= {
        **{"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1"},
        **{"LC_ALL": "C", "TZ": "UTC"},
    }
    for role in ("AUTHOR", "COMMITTER"):
        environment[f"GIT_{role}_NAME"] = COMMITTER
        environment[f"GIT_{role}_EMAIL"] = "series@localhost"
        if date:
            environment[f"GIT_{role}_DATE"] = date
    settings = [f"core.attributesFile={os.devnull}", f"core.hooksPath={os.devnull}", "gc.auto=0"]
    try:
        return subprocess.run(
            ["git", *(word for setting in settings for word in ("-c", setting)), *arguments],
            cwd=folder,
            env=environment,
            input=data if data is not None else b"",
            capture_output=True,
        )
    except FileNotFoundError as error:
        raise BuildError("there is no git here; install git") from error


def reason(ran: subprocess.CompletedProcess[bytes]) -> str:
    """Return why git failed, in its first error message."""
    words = decode(ran.stderr)
    found = re.search(r"^(?:error|fatal): (?:patch failed: )?(.*)$", words, re.MULTILINE)
    return found[1] if found else (words.strip().splitlines() or ["git failed"])[-1]
