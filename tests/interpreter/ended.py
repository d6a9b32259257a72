"""Run a program to its end in stock and in patched, and compare what is left of it."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

from harness import run

MODES = ("nothing", "alone", "heap")
PRELUDE = """
import gc, os, sys
MODE, FOLDER = sys.argv[1:]

def immortal(obj, really=MODE == "alone" and gc.immortalize):
    '''Make obj immortal, if this run is about single objects.'''
    return really(obj) if really else obj

def seal(really=MODE == "heap" and gc.immortalize_heap):
    '''Make the heap immortal, if this run is about the heap.'''
    if really:
        really()

def say(*words, write=os.write):
    write(1, (" ".join(map(str, words)) + "\\n").encode())

class Noisy:
    '''Says once for each object that it is finalized.'''
    def __init__(self, name):
        self.name = name
    def __del__(self, say=say):
        say("finalized", self.name)
"""


def outcome(python: Path, mode: str, program: str, folder: Path) -> tuple[list[str], list[str]]:
    """Run *program*; return its lines, sorted, and what the files hold that it left."""
    folder.mkdir()
    lines = sorted(run(python, PRELUDE + "if True:\n" + program, mode, str(folder)).splitlines())
    files = []
    for path in sorted(folder.iterdir()):
        read = gzip.open if path.name == "packed" else open
        with read(path, "rb") as file:
            content = file.read()
        files.append(f"{path.name}: {len(content)} {hashlib.sha256(content).hexdigest()}")
    return lines, files


def check(stock: Path, patched: Path, folder: Path, program: str, mode: str) -> None:
    """Fail unless *program* says and leaves in patched, in *mode*, what it does in stock."""
    expected, files = outcome(stock, "nothing", program, folder / "stock")
    lines, ours = outcome(patched, mode, program, folder / "patched")
    assert lines == expected
    assert ours == files
