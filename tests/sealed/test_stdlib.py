"""A forked child works with the standard library on a sealed heap, and writes into none of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import SEALED, modules, run_json
from measuring import check_pages, describe, for_code, reading, writers
from sealed.observer import ENDS

STDLIB = SEALED / "stdlib.py"
# Pages that hold large objects, by new blocks of malloc(); pages of code that runs
MAX_MALLOC, MAX_CODE = 512, 512


@pytest.mark.parametrize("more", [[], ["--changing"], ["--cold"]], ids=str)
def test_figures(patched: Path, more: list[str]) -> None:
    """Print how much is copied, and by whom, for the README (-rP).

    Where the library changes what it keeps, or fills its caches, there is no bar but one: whatever
    the code does, what it is specialized for is written into pages of code.
    """
    options = ("--mode", "immortalize", *more)
    found = run_json(patched, STDLIB, *options, env=modules())
    rows = writers(patched, STDLIB, *options, "--end", "os._exit")
    print(found, describe(rows), sep="\n")
    assert not for_code(rows), describe(for_code(rows))
    assert found["objects"] > 100_000
    assert found["sealed"] <= 0.01 * found["rss"], "sealing itself adds to the parent's RSS"


@pytest.mark.parametrize("end", ENDS)
def test_child_writes_to_no_immortal_object(patched: Path, end: str) -> None:
    """The proof: whatever it does with the library. Its end takes a few pages."""
    rows = writers(patched, STDLIB, "--mode", "immortalize", "--end", end)
    assert not reading(rows), describe(reading(rows))
    check_pages(rows, malloc=MAX_MALLOC, code=MAX_CODE)


def test_first_use_writes_to_no_immortal_object(patched: Path) -> None:
    """Of data that nobody used before; by new code, too; and if the child seals its heap again."""
    rows = writers(patched, SEALED / "first.py")
    # A temporary value of the parent, which lay among immortal objects, becomes one.
    found = reading(rows)
    found = [row for row in found if row["function"] != "immortal_walk_take" or row["pages"] > 2]
    assert not found, describe(found)
    check_pages(rows, malloc=MAX_MALLOC, code=MAX_CODE)
