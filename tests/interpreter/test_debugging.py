"""Debuggers see what is immortal, and find nothing lost."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from buildtool.performance import valgrind
from harness import FIXED


def _shown(python: Path, code: str) -> str:
    """Return how gdb shows the argument of id() when *python* runs *code*."""
    gdb = shutil.which("gdb")
    if gdb is None:
        pytest.skip("gdb is not installed (test.sh installs it where it can)")
    printers = python.parents[1] / "share/gdb/python3.11-gdb.py"
    ran = subprocess.run(
        [
            gdb, "-nx", "-batch", "-x", str(printers), "-iex", "set debuginfod enabled off",
            "-ex", "break builtin_id", "-ex", "run",
            "-ex", "backtrace 1", "--args", str(python), "-I", "-S", "-c", code,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    _, _, shown = ran.stdout.rpartition("v=")
    shown, found, _ = shown.partition(") at ")
    assert found, ran.stdout + ran.stderr
    return shown


def test_gdb_shows_immortal_objects(patched: Path) -> None:
    assert _shown(patched, "import gc; id(gc.immortalize([1, 'two']))") == "[1, 'two'] (immortal)"


def test_gdb_shows_others_as_ever(patched: Path, stock: Path) -> None:
    for python in (patched, stock):
        assert _shown(python, "id([1, 'two'])") == "[1, 'two']"
        assert _shown(python, "id(None)") == "None"


def test_valgrind_finds_nothing_lost(patched: Path) -> None:
    """Neither an error nor a block that nothing refers to, and no suppression is needed for it."""
    code = """if True:
        import gc, json
        table = {str(n): [n, {"n": str(n)}] for n in range(1000)}
        gc.immortalize_heap()
        assert len(json.loads(json.dumps(table))) == 1000
        """
    ran = subprocess.run(
        [
            *valgrind.command(), "--leak-check=full", "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite", "--error-exitcode=9",
            str(patched), "-c", code,
        ],
        env={**FIXED, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-4000:]
