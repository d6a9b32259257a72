"""immortal_objects.scan tells extension modules built by stock from those built by patched."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from compiling import extension
from harness import DISTRIBUTION, TESTS, modules

LIMITED = "-DPy_LIMITED_API=0x03080000"


def scan(python: Path, *places: Path) -> tuple[int, list[str]]:
    """Run the command; return its status, and the names of the modules that it complains of."""
    command = [python, "-m", "immortal_objects.scan", *places]
    env = {"PATH": "/usr/bin:/bin", **modules(DISTRIBUTION)}
    ran = subprocess.run(command, env=env, capture_output=True, text=True)
    assert ran.stderr == ""
    lines = [line for line in ran.stdout.splitlines() if "build it with" in line]
    return ran.returncode, [Path(line.partition(": ")[0]).name for line in lines]


def test_modules_of_both(patched: Path, stock: Path, tmp_path: Path) -> None:
    source = TESTS / "interpreter/headers" / "module.c"
    for name, python, options in (
        ("patched", patched, ()),
        ("patched_limited", patched, (LIMITED,)),
        ("stock", stock, ()),
        ("stock_limited", stock, (LIMITED,)),
    ):
        extension(python, source, tmp_path / name, *options)
    wanted = (1, ["stock.so", "stock_limited.so"])
    assert scan(patched, tmp_path) == wanted
    for path in tmp_path.glob("*.so"):
        subprocess.run(["strip", path], check=True)
    assert scan(patched, tmp_path) == wanted
    assert scan(patched, tmp_path / "patched.so", tmp_path / "patched_limited.so") == (0, [])


def test_own_modules(patched: Path, stock: Path) -> None:
    """Those of the standard library, which come with the interpreter."""
    for python, good in ((patched, True), (stock, False)):
        status, bad = scan(patched, python.parents[1] / "lib" / "python3.11" / "lib-dynload")
        assert (status == 0, bad == []) == (good, good)


@pytest.mark.skipif(shutil.which("clang") is None, reason="clang is not here")
def test_clang(patched: Path, tmp_path: Path) -> None:
    include = next((patched.parents[1] / "include").glob("python3.11*"))
    source, product = TESTS / "interpreter/headers" / "module.c", tmp_path / "module.so"
    command = ["clang", "-O2", "-shared", "-fPIC", f"-I{include}", source, "-o", product]
    subprocess.run(command, check=True)
    assert scan(patched, product) == (0, [])
