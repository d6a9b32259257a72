"""Random programs on random object graphs behave as in stock, whatever they make immortal.

Stock itself is the model. Hypothesis makes the programs here, properties/program.py runs them
in both interpreters, and the traces have to agree. An object that a weak reference watches may
live longer once something has become immortal, but never shorter.

The default run is the same every time. CPYTHON_IMMORTAL_EXAMPLES=N runs N examples of each test
instead, new ones every time; the failing program and the seed are printed.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import FIXED, TESTS, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

RUNNER = TESTS / "interpreter/properties/program.py"
EXAMPLES = int(os.environ.get("CPYTHON_IMMORTAL_EXAMPLES", "0"))
SETTINGS = settings(
    max_examples=EXAMPLES or 250,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# How often each step comes, where not once: a program needs things before it can change them.
WEIGHTS = {"make": 14, "put": 4, "set_item": 4, "set_attribute": 4, "immortal": 4, "watch": 3}
WEIGHTS |= dict.fromkeys(("drop", "call", "advance", "liveness", "assign", "copied"), 2)
IMMORTALIZE = {"immortal", "immortal_heap"}

Program = list[list[Any]]


def steps() -> list[str]:
    """Return the names of the steps, each as often as it shall come."""
    lines = RUNNER.with_name("steps.py").read_text().splitlines()
    found = [
        line.removeprefix("def ").partition("(")[0]
        for before, line in itertools.pairwise(lines)
        if before == "@step"
    ]
    return [name for name in found for _ in range(WEIGHTS.get(name, 1))]


NAMES = steps()
SLOT = st.integers(0, 5)
PROGRAMS = st.lists(
    st.tuples(st.sampled_from(NAMES), SLOT, SLOT, st.integers(0, 40)).map(list),
    min_size=8,
    max_size=60,
)


class Interpreter:
    """An interpreter that runs one program after the other, each in a process of its own."""

    def __init__(self, python: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [str(python), str(RUNNER), "fork", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **FIXED},
        )

    def run(self, program: Program) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(program) + "\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))

    def close(self) -> int:
        self.process.communicate()
        return self.process.returncode


@pytest.fixture(scope="module")
def model(stock: Path) -> Iterator[Interpreter]:
    interpreter = Interpreter(stock)
    yield interpreter
    assert interpreter.close() == 0


@pytest.fixture(scope="module", params=["mortal parent", "sealed parent"])
def subject(request: pytest.FixtureRequest, patched: Path) -> Iterator[Interpreter]:
    interpreter = Interpreter(patched, *(["seal"] if "sealed" in request.param else []))
    yield interpreter
    assert interpreter.close() == 0


def check_trace(
    program: Program, ours: list[Any], expected: list[Any], something_immortal: bool = False
) -> None:
    """Fail where the traces of *program* differ otherwise than they may."""
    assert len(ours) == len(expected)
    for number, (left, right) in enumerate(zip(ours, expected, strict=True)):
        name = program[number][0] if number < len(program) else "end"
        something_immortal |= name in IMMORTALIZE
        if name == "liveness" and something_immortal and isinstance(right, dict):
            lives, model_lives = left["alive"], right["alive"]
            assert len(lives) == len(model_lives)
            for alive, model_alive in zip(lives, model_lives, strict=True):
                assert alive or not model_alive, f"step {number}: died too early"
        else:
            assert left == right, f"step {number}: {name}"


@SETTINGS
@given(program=PROGRAMS)
def test_like_stock(subject: Interpreter, model: Interpreter, program: Program) -> None:
    ours, expected = subject.run(program), model.run(program)
    assert (ours["status"], ours["other"]) == (0, []) == (expected["status"], expected["other"])
    assert len(ours["trace"]) == len(expected["trace"]) == 1
    check_trace(program, ours["trace"][0], expected["trace"][0])
    # Each finalizer runs once, if only at exit.
    assert sorted(ours["finalized"]) == sorted(expected["finalized"])


@pytest.mark.parametrize("seed", [random.randrange(10**9)] if EXAMPLES else [1, 2, 3, 4])
def test_many_in_one_process(patched: Path, stock: Path, seed: int) -> None:
    """Long programs, one after the other in one process, where immortal objects pile up."""
    chance = random.Random(seed)
    programs: list[Program] = [
        [
            [chance.choice(NAMES), chance.randrange(6), chance.randrange(6), chance.randrange(41)]
            for _ in range(150)
        ]
        for _ in range(EXAMPLES or 60)
    ]
    command = (RUNNER, "once")
    given_to_both = json.dumps(programs) + "\n"
    ours, expected = (
        run(python, *command, stdin=given_to_both).splitlines() for python in (patched, stock)
    )
    for program, left, right in zip(programs, ours, expected, strict=True):
        check_trace(program, json.loads(left), json.loads(right), something_immortal=True)
