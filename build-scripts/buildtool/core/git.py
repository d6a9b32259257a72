"""Run git without the user's and the system's settings, for the same result on every machine.

What it prints is bytes here, and text that keeps them: a patch's line ends are its own.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from . import process
from .errors import BuildError

COMMITTER = "The patch series"
SETTINGS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "LC_ALL": "C",
    "TZ": "UTC",
}


def git(folder: Path, *arguments: str, data: bytes | None = None) -> str:
    """Run git in *folder* and return its output; BuildError with its last words if it fails."""
    ran = run(folder, *arguments, data=data)
    if ran.returncode:
        words = process.last_line(decode(ran.stderr or ran.stdout), "failed")
        raise BuildError(f"git {arguments[0]} in {folder}: {words}")
    return decode(ran.stdout)


def apply(tree: Path, diff: bytes, problem: str, *options: str) -> None:
    """Apply *diff* to the files in *tree*, without fuzz; BuildError: "PROBLEM: the place".

    No repository takes part, neither one in *tree* nor one that *tree* lies in.
    """
    ran = run(tree, f"--git-dir={os.devnull}", "apply", *options, "-", data=diff)
    if ran.returncode:
        raise BuildError(f"{problem}: {reason(ran)}")


def run(
    folder: Path, *arguments: str, data: bytes | None = None, date: str = ""
) -> subprocess.CompletedProcess[bytes]:
    """Run git in *folder*, without anybody's settings, and return what came of it."""
    environment = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    environment |= SETTINGS
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
    return found[1] if found else process.last_line(words, "git failed")


def decode(data: bytes) -> str:
    """Turn a patch's bytes into text, any byte and any line end kept."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """Undo decode()."""
    return text.encode("utf-8", "surrogateescape")
