"""A forked child works on records of a sealed heap, and copies none of it.

sealed/records.py tells what the work is, and what the growth is measured against.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import SEALED, modules, run_json
from measuring import check_pages, describe, instructions, reading, sorts, writers
from sealed.observer import ENDS

RECORDS = SEALED / "records.py"
END = ("--end", "os._exit")
# Pages that hold large objects, by new blocks of malloc(); pages of code that runs
MAX_MALLOC, MAX_CODE = 128, 64
MAX_COPIED = 1 << 20
WRITES = """import gc, os
class Large:
    __slots__ = [f"slot{number}" for number in range(200)]
data = [[str(number)] for number in range(10_000)]
large = [Large() for _ in range(200)]
gc.immortalize_heap()
if os.fork() == 0:
    data[5000][0] = None
    large[100].slot150 = None
    os._exit(0)
os.wait()
"""


def measure(python: Path, mode: str, records: int) -> dict[str, Any]:
    options = ("--mode", mode, "--records", str(records))
    found = run_json(python, RECORDS, *options, env=modules(), timeout=1800)
    print(found)  # for the README, by -rP
    return dict(found)


@pytest.mark.timeout(1900)
@pytest.mark.slow  # minutes
@pytest.mark.parametrize("records", [300_000, 2_000_000])
def test_child_copies_no_record(patched: Path, records: int) -> None:
    found = measure(patched, "immortalize", records)
    assert found["objects"] > 20 * records
    assert found["growth"] <= 0.001, "of the child's RSS"
    # The stricter figure, which no control can flatter: what was shared and is no longer, code that
    # runs and malloc's blocks included. It is the same for any number of records.
    assert found["copied"]["heap"] + found["copied"]["data"] <= MAX_COPIED
    assert found["sealed"] <= 0.01 * found["rss"], "sealing itself adds to the parent's RSS"


@pytest.mark.parametrize("mode", ("nothing", "freeze"))
def test_child_copies_a_mortal_heap(patched: Path, stock: Path, mode: str) -> None:
    """The bars above mean something."""
    for python in (stock, patched):
        found = measure(python, mode, 20_000)
        assert found["growth"] > 0.5
        assert found["copied"]["heap"] > 0.5 * found["child_rss"]


@pytest.mark.parametrize("end", ENDS)
def test_child_writes_to_no_immortal_object(patched: Path, end: str) -> None:
    """The proof: whatever it does with the records. Its end takes a few pages."""
    rows = writers(patched, RECORDS, "--mode", "immortalize", "--records", "3000", "--end", end)
    assert not reading(rows), describe(reading(rows))
    check_pages(rows, malloc=MAX_MALLOC, code=MAX_CODE)


def test_more_records_take_no_more_pages(patched: Path) -> None:
    """What the child copies besides is the same for a heap seven times as large."""
    few, many = (
        sorts(writers(patched, RECORDS, "--mode", "immortalize", "--records", count, *END))
        for count in ("3000", "21000")
    )
    print(few, many)
    for name, pages in many.items():
        assert pages <= few[name] + 32, name


def test_proof_sees_a_write(patched: Path, tmp_path: Path) -> None:
    """The proof means something: a child that writes into one record is found out.

    Into a small object, and into a large one, which lies among the blocks of malloc().
    """
    script = tmp_path / "script.py"
    script.write_text(WRITES)
    rows = reading(writers(patched, script))
    found = sorted((row["line"], row["pages"], row["memory"]) for row in rows)
    assert found == [(8, 1, "pymalloc arenas"), (9, 1, "malloc heap")], describe(rows)


@pytest.mark.slow
def test_sealing_costs_no_instructions(patched: Path) -> None:
    """The same interpreter, sealed or not; the same work of the child."""
    options = ("--records", "2000", "--end", "os._exit")
    unsealed = instructions(patched, RECORDS, "--mode", "nothing", *options)
    sealed = instructions(patched, RECORDS, "--mode", "immortalize", *options)
    print({"unsealed": unsealed, "sealed": sealed, "ratio": sealed / unsealed})
    assert sealed <= unsealed
