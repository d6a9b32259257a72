"""Wheels made for stock cp311 work in the patched interpreter, whatever has become immortal.

wheels.txt pins them. They are installed once into an environment made by the patched
interpreter and kept in the cache; stock does the same work with the very same files.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import TESTS, modules, run, run_json, site_packages

PACKAGES = {
    "numpy": "C, its own object dtype and buffer protocol",
    "pandas": "Cython on top of numpy",
    "lxml": "Cython around libxml2's own memory",
    "cryptography": "Rust (PyO3, stable ABI) and cffi",
    "pydantic": "Rust (PyO3)",
    "orjson": "Rust on the bare C API, reads object layouts itself",
    "greenlet": "C++, switches stacks and frames",
    "psutil": "C, stable ABI",
    "msgpack": "Cython",
    "yaml": "Cython",
    "multidict": "C, heap types with module state",
    "frozenlist": "Cython",
}


@pytest.fixture(scope="module")
def site(patched: Path) -> Path:
    """The site-packages of an environment with wheels.txt, made by the patched interpreter."""
    return site_packages(patched, TESTS / "interpreter/wheels/wheels.txt")


@pytest.mark.parametrize("package", PACKAGES)
def test_work(patched: Path, stock: Path, site: Path, package: str) -> None:
    """The work gives stock's result before, right after, and long after immortalization."""
    script, env = TESTS / "interpreter/wheels/work.py", modules(site)
    expected = run_json(stock, script, package, env=env)
    assert run_json(patched, script, package, env=env) == expected
    assert expected[0] == expected[1] == expected[2]


def test_all_at_once(patched: Path, site: Path) -> None:
    """All packages imported into one process, then sealed: it still ends cleanly."""
    code = f"""if True:
    import gc, work
    first = {{name: work.WORK[name]() for name in {list(PACKAGES)!r}}}
    assert gc.immortalize_heap() > 100_000
    for name, result in first.items():
        assert work.WORK[name]() == result, name
    gc.collect()
    print("done")
    """
    assert run(patched, code, env=modules(site, TESTS / "interpreter/wheels")) == "done\n"


def test_results_that_numpy_lets_go_of(patched: Path, site: Path) -> None:
    """For each element, NumPy gives back a reference that the interpreter need not have counted.

    From near the ends of the range, the work of hours is that of a moment: the counts of True,
    False and small integers stay where they may be, or start anew.
    """
    code = """if True:
    import sys
    import _testcapi, numpy
    array = numpy.array([5, 6] * 50_000, dtype=object)
    for result, work in (
        (True, lambda: array == array),
        (False, lambda: array != array),
        (10, lambda: array + array),
        (1, lambda: array % 2),
        (True, lambda: numpy.isin(array, [5, 6])),
    ):
        for start in (1 << 31) + 100_000, 200_000:
            if start < 1 << 31 and not isinstance(result, bool):
                continue  # Below the range its references are counted, so it does not get there.
            _testcapi.incref_unguarded(result, start - sys.getrefcount(result))
            for _ in range(10):
                work()
            assert repr(result) == repr(eval(repr(result))), (result, start)
            assert sys.getrefcount(result) > 0, (result, start)
            if not isinstance(result, bool):
                assert sys.getrefcount(result) > (1 << 31) - 300_000, result
            _testcapi.incref_unguarded(result, (3 << 30) - sys.getrefcount(result))
    print("done")
    """
    assert run(patched, code, env=modules(site)) == "done\n"
