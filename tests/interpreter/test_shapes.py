"""Objects of every shape become immortal, then are used, changed, compared and copied.

The shapes are in shapes/; what stock does with them is what is right.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from harness import TESTS, run

SCRIPT = TESTS / "interpreter/shapes/run.py"


def names() -> list[str]:
    """Return the names of the shapes; their modules need 3.11, so read, don't import, them."""
    found = []
    for path in sorted((TESTS / "interpreter/shapes").glob("*.py")):
        lines = path.read_text().splitlines()
        for before, line in itertools.pairwise(lines):
            if before == "@shape":
                found.append(line.removeprefix("def ").partition("(")[0].strip("_"))
    return found


@pytest.fixture(scope="module")
def expected(stock: Path) -> dict[str, str]:
    """What using each shape gives in stock, by its name."""
    lines = run(stock, SCRIPT, "nothing").splitlines()
    return {line.partition(" ")[0]: line for line in lines}


def test_all_shapes_found(expected: dict[str, str]) -> None:
    assert sorted(expected) == sorted(names())


@pytest.mark.parametrize("name", names())
def test_alone(patched: Path, expected: dict[str, str], name: str) -> None:
    assert run(patched, SCRIPT, "alone", name).rstrip("\n") == expected[name]


@pytest.mark.parametrize("name", names())
def test_with_the_heap(patched: Path, expected: dict[str, str], name: str) -> None:
    assert run(patched, SCRIPT, "heap", name).rstrip("\n") == expected[name]


@pytest.mark.parametrize("mode", ("nothing", "alone", "heap"))
def test_together(patched: Path, expected: dict[str, str], mode: str) -> None:
    """All shapes in one process; freed memory is filled, so that a use of it shows."""
    got = run(patched, SCRIPT, mode, env={"PYTHONMALLOC": "debug"}).splitlines()
    assert got == list(expected.values())
