"""What happens at the end of a process, and in which order, is what happens in stock.

The programs lie in the folder ``ending``. Each makes its heap immortal, which does nothing in
stock, and ends in several ways; output, exit status and the files that it leaves are compared.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import FIXED

FOLDER = Path(__file__).parent / "ending"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "prelude")
ENDINGS = (
    "return",
    "sys.exit",
    "raise",
    "os._exit",
    "child return",
    "child sys.exit",
    "child raise",
    "child os._exit",
)


def directive(program: str, name: str) -> str | None:
    """The text behind "# name" in the first lines of a program."""
    text = (FOLDER / f"{program}.py").read_text()
    found = re.search(rf"^# {name}(.*)$", text, re.MULTILINE)
    return found[1].strip() if found else None


def endings(program: str) -> tuple[str, ...]:
    names = directive(program, "endings:")
    return tuple(names.split(", ")) if names else ENDINGS


@dataclass
class Outcome:
    status: int
    lines: list[str]
    errors: list[str]
    files: dict[str, bytes]


def content(path: Path) -> bytes:
    """What a file holds, unless that changes from run to run."""
    return b"" if path.name.endswith(("-wal", "-shm", ".db", ".pag")) else path.read_bytes()


def plain(text: str, folder: Path) -> list[str]:
    """The lines of *text* that don't show source, without addresses."""
    text = re.sub(r"0x[0-9a-f]+", "0x", text.replace(str(folder), "FOLDER"))
    return [line for line in text.splitlines() if not line.startswith(" ")]


def outcome(
    python: Path, program: str, ending: str, folder: Path, *, close: bool = False
) -> Outcome:
    folder.mkdir()
    script = folder.with_suffix(".py")
    script.write_text((FOLDER / "prelude.py").read_text() + (FOLDER / f"{program}.py").read_text())
    out, err = folder.with_suffix(".out"), folder.with_suffix(".err")
    with out.open("w") as stdout, err.open("w") as stderr:
        process = subprocess.Popen(
            [python, script, folder, ending, *(["close"] if close else [])],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env={**os.environ, **FIXED},
            start_new_session=True,
        )
        try:
            status = process.wait(60)
        finally:
            # Its children end when it does; after os._exit() some never do.
            with contextlib.suppress(ProcessLookupError):
                for _ in range(20):
                    os.killpg(process.pid, 0)
                    time.sleep(0.1)
                os.killpg(process.pid, signal.SIGKILL)
    files = {
        re.sub(r"^tmp\w{8}$", "tmp", path.name): content(path)
        for path in sorted(folder.iterdir())
        if path.is_file()
    }
    lines = plain(out.read_text(), folder)
    if directive(program, "in any order") is not None:
        lines.sort()
    return Outcome(status, lines, plain(err.read_text(), folder), files)


CASES = [(program, ending) for program in PROGRAMS for ending in endings(program)]


@pytest.mark.parametrize(("program", "ending"), CASES)
def test_same_end(patched: Path, stock: Path, tmp_path: Path, program: str, ending: str) -> None:
    theirs = outcome(stock, program, ending, tmp_path / "stock", close=True)
    ours = outcome(patched, program, ending, tmp_path / "patched")
    assert ours == theirs
