"""Random programs, and all classes of the standard library, behave as in stock when immortal.

A program that differs is named by its seed; in the folder tests,

    python -m interpreter.differential.compare --stock PYTHON --patched PYTHON --seed N [--shrink]

runs it again; --show prints it, and --count N --first SEED runs others. Classes:

    python -m interpreter.differential.compare_classes --stock PYTHON --patched PYTHON MODULE
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Interpreters
from interpreter.differential import compare, compare_classes, program
from interpreter.differential.outcome import Outcome, unpacked

JOBS = 4
SAMPLE = (
    "_collections_abc", "_decimal", "_io", "_pickle", "array", "builtins", "collections",
    "contextlib", "datetime", "functools", "io", "itertools", "pathlib", "queue", "socket",
    "tempfile", "threading", "types", "weakref", "zipfile",
)  # fmt: skip


def report(found: dict[int, list[str]]) -> str:
    """Return what to read about programs that differ."""
    lines = [f"seed {seed}:\n  " + "\n  ".join(lines) for seed, lines in sorted(found.items())]
    return f"{len(found)} programs differ; run compare.py --seed N\n" + "\n".join(lines[:20])


def test_programs(stock: Path, patched: Path) -> None:
    """Programs without threads, whose ends don't depend on who comes first."""
    seeds = [seed for seed in range(150) if "threading" not in program.make(seed).source]
    assert len(seeds) > 40
    found = compare.compare_many(stock, patched, seeds[:60], JOBS)
    assert not found, report(found)


@pytest.mark.slow
@pytest.mark.timeout(2 * 3600)
def test_many_programs(stock: Path, patched: Path) -> None:
    found = compare.compare_many(stock, patched, range(5000), JOBS)
    assert not found, report(found)


@pytest.mark.slow
@pytest.mark.timeout(2 * 3600)
def test_programs_under_a_sanitizer(stock: Path, interpreters: Interpreters) -> None:
    """Stock is a plain build: AddressSanitizer's words on stderr are a difference, too."""
    patched = interpreters(immortal=True, sanitizers="address")
    found = compare.compare_many(stock, patched, range(500), JOBS)
    assert not found, report(found)


def test_classes(stock: Path, patched: Path) -> None:
    found = compare_classes.compare_all(stock, patched, list(SAMPLE), JOBS)
    assert not found, "\n".join("\n    ".join(lines) for lines in found.values())


@pytest.mark.slow
@pytest.mark.timeout(2 * 3600)
def test_all_classes(stock: Path, patched: Path) -> None:
    names = compare_classes.modules(stock)
    assert len(names) > 600
    found = compare_classes.compare_all(stock, patched, names, JOBS)
    assert not found, "\n".join("\n    ".join(lines) for lines in found.values())


def test_program_is_the_same_for_each_seed() -> None:
    assert [program.make(5).source for _ in range(2)] == [program.make(5).source] * 2
    sources = {program.make(seed).source for seed in range(50)}
    assert len(sources) == 50
    for source in sources:
        compile(source, "program", "exec")
    assert any("os.fork" in source and "immortalize_heap()" in source for source in sources)


def test_every_piece_is_used_and_complete() -> None:
    made = [program.make(seed) for seed in range(400)]
    text = "".join(one.source for one in made)
    for piece in program.pieces():
        assert len(piece.steps) > 3, piece.name
        for name in piece.names:
            assert re.search(rf"\b{name.removesuffix('_N')}_\d\b", text), (piece.name, name)
    assert "R(" not in text.replace("def R(low", "")
    assert {one.way for one in made} == set(program.WAYS)


@pytest.fixture
def other(stock: Path, tmp_path: Path) -> Iterator[Path]:
    """An interpreter that differs from stock: its repr of 41 is another, and it ends with 3."""
    script = tmp_path / "python"
    script.write_text(
        f'#!/bin/sh\n[ "$1" = -c ] && exec {stock} "$@"\n'
        f'sed \'s/^try:$/say("another")\\ntry:/\' "$1" > {tmp_path}/changed.py\n'
        f"exec {stock} {tmp_path}/changed.py\n"
    )
    script.chmod(0o755)
    yield script


def test_a_difference_is_found_and_shrunk(stock: Path, other: Path) -> None:
    seed = next(seed for seed in range(100) if program.make(seed).way == "alone")
    found = compare.compare_many(stock, other, range(seed, seed + 1), 1)
    assert list(found) == [seed]
    assert "another" in report(found)
    pair = compare.Pair(stock, other)
    shrunk = compare.shrink(pair, program.make(seed))
    pair.close()
    assert shrunk.steps == []


def test_what_stock_alone_loses_is_no_difference() -> None:
    """A gzip file without its end; one that nothing was written to. The other way round it is."""

    def outcome(packed: bytes, text: str) -> Outcome:
        return Outcome(0, (), (), (), (("packed 1.gz", unpacked(packed)), ("text 1", text)))

    whole = gzip.compress(b"text")
    assert unpacked(whole + whole) == "8"
    stock, patched = outcome(whole[:-4], repr(b"")), outcome(whole, repr(b"text"))
    assert not list(patched.differs(stock))
    assert list(stock.differs(patched))
    assert list(outcome(whole, repr(b"texttext")).differs(patched))
