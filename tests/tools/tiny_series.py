"""A series of three small patches on a source of six files, and the tool at work on it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from buildtool.cli import series
from buildtool.core.errors import exit_status

MESSAGE = "{subject}\n\nSome words.\n\nReason: it is\nneeded.\n\nCost: none.\n\nTests: test_new\n"
FILES = {
    "Include/object.h": "".join(f"line {number};\n" for number in range(40)),
    "Objects/object.c": "int one;\nint two;\nint three;\n",
    "Lib/crlf.py": "one\r\ntwo\r\n",
    "Lib/latin.py": "# \xe9\n",
    "README": "read me\n",
    "configure": "#!/bin/sh\n",
}


def git(folder: Path, *arguments: str) -> str:
    """Run git as a user would, with a setting that changes what it prints."""
    environment = os.environ | {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "diff.noprefix"}
    environment |= {"GIT_CONFIG_VALUE_0": "true"}
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": "Zo\xeb", f"GIT_{role}_EMAIL": "zoe@example.org"}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True).stdout.decode()


def change(tree: Path, name: str, old: str, new: str) -> None:
    """Replace *old* by *new* in a file that has it."""
    content = (tree / name).read_bytes()
    assert old.encode() in content
    (tree / name).write_bytes(content.replace(old.encode(), new.encode()))


def commit(tree: Path, subject: str, message: str = MESSAGE) -> None:
    git(tree, "add", "--all")
    git(tree, "commit", "--message", message.format(subject=subject))


def bring(tree: Path, name: str, section: str = "Core and Builtins") -> None:
    """Bring a test and an entry of the news, as a patch has to."""
    for place in (f"Lib/test/test_new/{name}.py", f"Misc/NEWS.d/next/{section}/{name}.rst"):
        (tree / place).parent.mkdir(parents=True, exist_ok=True)
        (tree / place).write_text(f"{name} = 1\n")


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def run(patches: Path, *arguments: str) -> int:
    return exit_status(lambda: series.main(["--patches", str(patches), *arguments]))


def replace(path: Path, old: str, new: str) -> None:
    change(path.parent, path.name, old, new)
