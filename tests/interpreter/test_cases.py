"""Programs that went wrong once: each runs in stock and in the patched interpreter.

What a program in cases/ says of itself is what it shows. Most have to print the same in both;
where memory or time is at stake, the bar is a ratio to stock.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from harness import TESTS, modules, run, run_json, site_packages
from measuring import instructions

CASES = TESTS / "interpreter/cases"

FROZEN = ("mortal", "heap", "frozen before", "single", "held later")

# The same output: program, arguments.
SAME = [
    *(("tracing_sealed_code", how) for how in ("setprofile", "settrace", "opcodes")),
    *(("at_exit", what) for what in ("subinterpreter", "register", "main_thread")),
    ("socket_file",),
    ("thread_tempfile", "alive"),
    ("thread_tempfile", "seal"),
    ("thread_process",),
    ("call_during_collection",),
    *(("frozen_database", how) for how in FROZEN),
]


@pytest.mark.parametrize("case", SAME, ids=" ".join)
def test_same_output(patched: Path, stock: Path, case: tuple[str, ...]) -> None:
    script = CASES / f"{case[0]}.py"
    expected = run(stock, script, *case[1:], timeout=60)
    assert expected
    assert run(patched, script, *case[1:], timeout=60) == expected


def test_pool_that_nobody_closed(patched: Path, stock: Path) -> None:
    """It prints nothing on stderr; for multiprocessing's own races it may be tried again."""
    script = CASES / "at_exit.py"
    assert {run(python, script, "pool") for python in (stock, patched)} == {"[1, 2]\n"}


@pytest.mark.parametrize("where", ("parent", "workers"))
def test_daemon_thread_that_writes(patched: Path, where: str) -> None:
    """No abort at exit, whoever holds the file's lock at that moment."""
    expected = "0\n" * 5 * (where == "workers") + "end\n"
    for _ in range(20):
        assert run(patched, CASES / "daemon_file.py", where, timeout=60) == expected


def test_layers_of_files(patched: Path, stock: Path, tmp_path: Path) -> None:
    """Each layer is flushed into the one below, which closes after it."""
    printed = []
    for python in (stock, patched):
        folder = tmp_path / python.parents[1].name / python.name
        folder.mkdir(parents=True)
        printed.append(run(python, CASES / "file_layers.py", str(folder)))
    assert printed[0] == printed[1]
    assert [(folder / f"raw{i}").read_text() for i in range(3)] == ["the last line|closed"] * 3
    for suffix, module in (("gz", gzip), ("bz2", bz2), ("xz", lzma)):
        assert module.open(folder / f"text.{suffix}", "rt").read() == "the last line"
    own = (folder / "own.gz").read_bytes()
    assert own.endswith(b"|closed")
    assert gzip.decompress(own.removesuffix(b"|closed")) == b"the last line"
    assert (folder / "plain").read_text() == "the last line"
    assert next(folder.glob("kept*")).read_text() == "the last line"
    assert zipfile.ZipFile(folder / "archive.zip").read("member") == b"text"


@pytest.mark.parametrize("mode", ("alive", "seal"))
def test_failing_dlopen_leaks_nothing(patched: Path, stock: Path, mode: str) -> None:
    ours, theirs = (run_json(python, CASES / "dlopen_leak.py", mode) for python in (patched, stock))
    assert ours <= theirs + 500, "kB for 4,000 failures"


@pytest.mark.slow
def test_holes_of_loading_are_used(patched: Path, stock: Path) -> None:
    ours, theirs = (run_json(python, CASES / "holes.py") for python in (patched, stock))
    assert ours <= 1.1 * theirs


@pytest.mark.parametrize("when", ("same", "later"))
@pytest.mark.parametrize("known", ("seen", "cold"))
def test_size_of_instances(patched: Path, stock: Path, known: str, when: str) -> None:
    script = CASES / "later_attribute.py"
    ours, theirs = (run_json(python, script, known, when) for python in (patched, stock))
    assert ours <= 1.05 * theirs


@pytest.fixture(scope="module")
def forks(patched: Path, stock: Path) -> dict[tuple[str, str], Any]:
    """What a scheduler's forks cost: growth in kB, and processor time in microseconds."""
    return {
        (name, mode): run_json(python, CASES / "before_each_fork.py", mode)
        for name, python in (("patched", patched), ("stock", stock))
        for mode in ("never", "each")
    }


def test_call_before_each_fork_keeps_no_garbage(forks: dict[tuple[str, str], Any]) -> None:
    """100 rounds of 2,000 jobs: some pages a call, not the jobs."""
    extra = forks["patched", "each"]["grew"] - max(forks["stock", "each"]["grew"], 0)
    assert extra <= 100 * 64, "kB"


def test_call_before_each_fork_costs_what_is_new(forks: dict[tuple[str, str], Any]) -> None:
    """No walk of the heap of 50,000 records: a small multiple of a fork."""
    assert forks["patched", "each"]["fork"] <= 8 * forks["patched", "never"]["fork"]


def test_calls_on_an_idle_heap_keep_nothing(patched: Path, stock: Path) -> None:
    script = CASES / "before_each_fork.py"
    ours, theirs = (run_json(python, script, "each", "0") for python in (patched, stock))
    assert ours["grew"] <= max(theirs["grew"], 0) + 300, "kB in 100 calls"


def test_call_in_a_worker_is_told_once(patched: Path) -> None:
    script = CASES / "call_in_worker.py"
    assert run(patched, script, "parent") == "[]\n"
    told = run(patched, script, "child")
    assert told.count("ResourceWarning") == 1
    assert "fork" in told


def test_arrays_that_the_caller_keeps_mortal(patched: Path, stock: Path) -> None:
    site = site_packages(patched, TESTS / "interpreter/wheels/wheels.txt")
    env = modules(site)
    expected = run(stock, CASES / "numpy_resize.py", env=env)
    assert run(patched, CASES / "numpy_resize.py", env=env) == expected


def test_exit_of_a_child_walks_no_heap(patched: Path, tmp_path: Path) -> None:
    """0.02 s of processor time, whatever the heap."""
    assert run_json(patched, CASES / "child_exit.py", "600000", str(tmp_path)) <= 0.02


LATER = ("new_global", "new_builtin", "class_attribute", "method", "other_class", "nothing")


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        *(("cold_code", mode) for mode in ("cold", "warm", "changed")),
        *(("changed_later", change) for change in LATER),
    ],
    ids=" ".join,
)
def test_code_goes_on_specializing(patched: Path, stock: Path, case: tuple[str, str]) -> None:
    """A child's work takes about as many instructions as in stock."""
    script = CASES / f"{case[0]}.py"
    ours, theirs = (instructions(python, script, case[1]) for python in (patched, stock))
    print({"stock": theirs, "patched": ours, "ratio": ours / theirs})
    assert ours <= 1.02 * theirs


def test_every_case_is_run() -> None:
    text = Path(__file__).read_text()
    names = {path.stem for path in CASES.glob("*.py")} - {"beside", "memory"}
    assert len(names) >= 14
    assert [name for name in sorted(names) if f'"{name}' not in text and name not in text] == []


def test_a_case_can_fail(patched: Path) -> None:
    """What the tests here look at is seen: a program that crashes or complains fails."""
    for code in ("import os; os.abort()", "import sys; print('x', file=sys.stderr)"):
        with pytest.raises((AssertionError, subprocess.SubprocessError)):
            run(patched, code)
