"""immortal-objects on Debian's own CPython 3.14 and 3.15, with the JIT and without"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from package import debian
from package.stock import OWN_TESTS, SHARE, call, copied

# An archive of 110 MB, the whole tests several times, and interpreters that are built within.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3 * 3600)]
MINORS = ("3.14", "3.15")
# Beside the heap: machine code that the child makes for itself.
CODE = 2_000_000

Program = Callable[..., list[str]]


@pytest.fixture
def program(made: Callable[[str], Path]) -> Program:
    """A function that returns the command of Debian's interpreter, with the package."""
    root = debian.make_root()
    shutil.copytree(OWN_TESTS, root / "opt" / "tests", dirs_exist_ok=True)

    def command(minor: str, jit: bool, *arguments: str) -> list[str]:
        (wheel,) = made(minor).glob("*-cp3*linux*.whl")
        variables = (f"PYTHONPATH={debian.put(root, wheel)}", f"PYTHON_JIT={jit:d}")
        return debian.inside(root, *variables, f"python{minor}", *arguments)

    return command


@pytest.mark.parametrize("jit", [False, True], ids=["interpreter", "jit"])
@pytest.mark.parametrize("minor", MINORS)
def test_it_works(program: Program, minor: str, jit: bool) -> None:
    checked = call(*program(minor, jit, "-m", "immortal_objects", "--check")).stdout
    assert "by the extension" in checked
    enabled = call(*program(minor, jit, "-c", "import sys; print(sys._jit.is_enabled())")).stdout
    assert enabled == f"{jit}\n"
    found = copied(*program(minor, jit, "/opt/tests/copied.py"))
    print(checked, found)
    assert found["copied"] <= found["rss"] * SHARE + CODE * jit


@pytest.mark.parametrize("jit", [False, True], ids=["interpreter", "jit"])
@pytest.mark.parametrize("minor", MINORS)
def test_own_tests(program: Program, minor: str, jit: bool) -> None:
    said = call(*program(minor, jit, "-B", "-m", "unittest", "discover", "/opt/tests")).stderr
    assert re.search(r"^Ran 1\d\d tests", said, re.MULTILINE), said
