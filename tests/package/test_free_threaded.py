"""immortal-objects on stock CPython without the GIL: wheel, own tests, memory, reading threads."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import MISC
from package.stock import BEFORE, COPIED, call, copied

# In the default tier only where a ready build is named: no other test needs one.
BUILDS = [
    pytest.param(build, marks=() if name in os.environ else pytest.mark.slow)
    for build, name in (
        ("3.14t", "CPYTHON_IMMORTAL_STOCK_3_14T"),
        ("3.15t", "CPYTHON_IMMORTAL_STOCK_3_15T"),
    )
]
SHARE = 0.005
SCALING = MISC / "chart" / "scaling.py"


@pytest.mark.parametrize("build", BUILDS)
def test_wheel_and_own_tests(
    made: Callable[[str], Path], environment: Callable[[str], Path], build: str
) -> None:
    tag = "cp" + build.replace(".", "")
    (wheel,) = made(build).glob("*linux*.whl")
    assert re.search(rf"-{tag.rstrip('t')}-{tag}-\S*manylinux_2_\d+_\w+\.whl$", wheel.name)
    python = environment(build)
    assert "by the extension" in call(python, "-m", "immortal_objects", "--check").stdout
    said = call(python, "-B", "-m", "unittest", "discover", ".").stderr
    assert re.search(r"^Ran 1\d\d tests", said, re.MULTILINE), said
    assert "this CPython has a GIL" not in said


@pytest.mark.parametrize("build", BUILDS)
def test_forked_child_copies_little(environment: Callable[[str], Path], build: str) -> None:
    """It reads and collects: the collector has to leave the heap alone."""
    python = environment(build)
    plain, immortal = copied(python, COPIED, "--plain"), copied(python, COPIED)
    print(build, plain, immortal)  # for the README, by -rP
    assert plain["share"] > BEFORE
    assert immortal["immortal"] > 3_000_000
    assert immortal["share"] <= SHARE


@pytest.mark.parametrize("build", BUILDS)
def test_benchmark_of_reading_threads(environment: Callable[[str], Path], build: str) -> None:
    """What it prints. Which figures are right, a machine at rest has to say."""
    python = environment(build)
    found = json.loads(call(python, SCALING, "1").stdout)
    assert found["mortal"] == [1.0] and len(found["immortal"]) == 1
    refused = call(python, SCALING, str(found["processors"] + 1), status=1)
    assert "processors say nothing" in refused.stderr
