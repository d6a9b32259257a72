"""immortal-objects on stock CPython 3.14 is sound: random graphs under ASAN, and no memory

many_graphs.py and no_memory.py use programs of interpreter/failures, which the patched 3.11 runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from buildtool.core import versions
from harness import DISTRIBUTION, TESTS, Interpreters, modules
from package.stock import call, install

FAILURES = TESTS / "interpreter" / "failures"
HERE = Path(__file__).parent
GRAPHS, AT_ONCE, STEPS = 10_000, 100, 200
SANITIZED = {
    "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "PYTHONMALLOC": "malloc",
}


@pytest.mark.parametrize("how", ["once", "from"])
@pytest.mark.parametrize("what", ["one", "heap"])
def test_no_memory(environment: Callable[[str], Path], what: str, how: str) -> None:
    """Each allocation of a call fails in turn: there is an error, and a heap that goes on."""
    said = call(environment("3.14"), HERE / "no_memory.py", what, how, **modules(FAILURES)).stdout
    counts = re.fullmatch(r"(\d+) failed, (\d+) went well without the allocation\n", said)
    assert counts and int(counts[1]) >= 20, said


@pytest.mark.slow
@pytest.mark.timeout(12 * 3600)
def test_random_graphs_under_a_sanitizer(interpreters: Interpreters, tmp_path: Path) -> None:
    """10,000 graphs become immortal, are used, collected and forked, and end; none crashes."""
    version = versions.newest(versions.conan_data(), "3.14")
    python = interpreters(immortal=False, version=version, sanitizers="address+undefined")
    ours = install(python, tmp_path, DISTRIBUTION, **SANITIZED)
    env = {**modules(FAILURES), **SANITIZED}
    for first in range(0, GRAPHS, AT_ONCE):
        ran = call(ours, HERE / "many_graphs.py", str(first), str(AT_ONCE), str(STEPS), **env)
        assert (ran.stdout, ran.stderr) == (f"{AT_ONCE} graphs\n", ""), ran.stderr[-4000:]
