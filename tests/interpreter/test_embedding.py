"""A program that initializes and finalizes the interpreter in a loop, as embedders do."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest
from compiling import compile_with, config
from harness import FIXED, TESTS, run

SOURCE = TESTS / "interpreter/embedding/embed.c"
ROUNDS = 20
# Resident memory goes on rising by pages for about 30 rounds of any interpreter, until malloc()
# has what it needs; a leak goes on for ever.
LONG = 60

PLAIN = """
import collections, json, re, weakref
class Class:
    attribute = {"key": [1, 2, 3]}
    def __init__(self):
        self.me = self
        self.name = f"name {turn}"
objects = [Class() for _ in range(200)]
pair = collections.namedtuple("Pair", "a b")(re.compile("a+b"), json.loads('{"x": [1.5]}'))
def generator():
    yield objects
started = generator()
next(started)
"""

FIRST = PLAIN + "import gc\nif turn == 0: gc.immortalize_heap()\n"

IMMORTAL = {
    "object": PLAIN + "import gc\ngc.immortalize([objects, pair, started, Class])\n",
    "heap": PLAIN + "import gc\ngc.immortalize_heap()\n",
    "both": PLAIN + "import gc\ngc.immortalize(objects)\ngc.immortalize_heap()\ngc.collect()\n",
    "sometimes": PLAIN + "import gc\nif turn % 3 == 1: gc.immortalize_heap()\n",
}

FILES = """
import gc, os
log = os.open(os.path.join(folder, f"log {turn}"), os.O_WRONLY | os.O_CREAT)
class Last:
    def __del__(self, write=os.write, log=log):
        write(log, b"finalized ")
file = open(os.path.join(folder, f"text {turn}"), "w")
file.write("some text")
file.last = Last()
if turn % 3 == 1:
    gc.immortalize(file)
elif turn % 3 == 2:
    gc.immortalize_heap()
"""


def build(python: Path, folder: Path) -> Path:
    """Compile embedding/embed.c against *python* and its library; return the program."""
    found = config(python)
    flags = [
        shlex.split(run_config(python, option)) for option in ("--cflags", "--ldflags", "--libs")
    ]
    program = folder / "embed"
    libraries = ["-Wl,-rpath," + flag[2:] for flag in flags[1] if flag.startswith("-L")]
    compile_with(
        [
            *[
                *shlex.split(found["CC"]),
                *flags[0],
                "-Werror",
                str(SOURCE),
            ],
            *[*flags[1], *flags[2], *libraries, "-rdynamic", "-o", str(program)],
        ]
    )
    return program


def run_config(python: Path, option: str) -> str:
    """Return what python3.11-config --embed says to *option*."""
    command = [f"{python}-config", "--embed", option]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def home(python: Path) -> dict[str, str]:
    """Return the environment in which a program elsewhere finds the library of *python*."""
    prefix = run(python, "import sys; print(sys.base_prefix, end='')")
    return {**os.environ, **FIXED, "PYTHONHOME": prefix}


def rounds(
    python: Path, folder: Path, code: str, *args: str, count: int = ROUNDS
) -> list[tuple[int, int]]:
    """Return (blocks left from before, resident kB) of each of *count* rounds of *code*."""
    program = build(python, folder)
    done = subprocess.run(
        [program, str(count), code, *args],
        capture_output=True,
        text=True,
        env=home(python),
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    return [(int(blocks), int(resident)) for blocks, resident in lines]


def growth(python: Path, folder: Path, code: str) -> tuple[float, float]:
    """Return what *code* leaves behind a round, in blocks and in kB, in the second half of LONG."""
    folder.mkdir()
    found = rounds(python, folder, code, count=LONG)[LONG // 2 - 1 :]
    (blocks, resident), (last_blocks, last_resident) = found[0], found[-1]
    count = len(found) - 1
    return (last_blocks - blocks) / count, (last_resident - resident) / count


@pytest.mark.parametrize("code", (PLAIN, FIRST), ids=("no heap", "first heap"))
def test_grows_no_more_than_stock(patched: Path, stock: Path, tmp_path: Path, code: str) -> None:
    """A loop leaves no more behind than stock's, unless each round makes objects immortal."""
    blocks, resident = growth(patched, tmp_path / "patched", code)
    stock_blocks, stock_resident = growth(stock, tmp_path / "stock", PLAIN)
    print(f"patched: {blocks:.2f} blocks, {resident:.1f} kB a round")  # by -rP
    print(f"stock: {stock_blocks:.2f} blocks, {stock_resident:.1f} kB a round")
    assert blocks <= stock_blocks + 1
    assert resident <= stock_resident + 4, "kB a round"


@pytest.mark.parametrize("what", IMMORTAL)
def test_immortal_objects(patched: Path, tmp_path: Path, what: str) -> None:
    assert len(rounds(patched, tmp_path, IMMORTAL[what])) == ROUNDS


def test_nothing_lost(patched: Path, tmp_path: Path) -> None:
    """Each round's files are flushed and its finalizers run, immortal or not."""
    written = tmp_path / "written"
    written.mkdir()
    rounds(patched, tmp_path, FILES, str(written))
    for turn in range(ROUNDS):
        assert (written / f"text {turn}").read_text() == "some text", turn
        assert (written / f"log {turn}").read_text() == "finalized ", turn
