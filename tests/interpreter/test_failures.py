"""Bad arguments, bad moments and no memory: an error that says so, and a heap that goes on working.

failures/nomemory.py lets each allocation of a call fail in turn, failures/graphs.py makes random
graphs for a build with a sanitizer.
"""

from __future__ import annotations

import re
import statistics
import subprocess
from pathlib import Path

import pytest
from harness import TESTS, Interpreters, run, run_json

FOLDER = TESTS / "interpreter/failures"


@pytest.mark.parametrize("how", ["once", "from"])
@pytest.mark.parametrize("what", ["one", "heap"])
def test_no_memory(patched: Path, what: str, how: str) -> None:
    check_no_memory(patched, what, how)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["once", "from"])
@pytest.mark.parametrize("what", ["one", "heap"])
def test_no_memory_in_a_debug_build(patched_debug: Path, what: str, how: str) -> None:
    check_no_memory(patched_debug, what, how)


def check_no_memory(python: Path, what: str, how: str) -> None:
    if not has_testcapi(python):
        pytest.skip("this interpreter has no _testcapi")
    said = run(python, FOLDER / "nomemory.py", what, how)
    counts = re.fullmatch(r"(\d+) failed, (\d+) went well without the allocation\n", said)
    assert counts and int(counts[1]) >= 3, said


def test_failing_calls_leak_nothing(patched: Path) -> None:
    """What a call leaves is compared with one that succeeds; a single figure may be off."""
    if not has_testcapi(patched):
        pytest.skip("this interpreter has no _testcapi")
    for (none, blocks, size), *failing in run_json(patched, FOLDER / "leaks.py").values():
        assert none == 0 and sum(failures for failures, *_ in failing) >= 40
        _, more_blocks, more_size = map(statistics.median, zip(*failing, strict=True))
        assert more_blocks <= blocks + 0.9 and more_size <= size + 256


def has_testcapi(python: Path) -> bool:
    return subprocess.run([python, "-c", "import _testcapi"], capture_output=True).returncode == 0


def test_bad_arguments(patched: Path) -> None:
    code = """if True:
    import gc, sys
    for call in (
        lambda: gc.immortalize(),
        lambda: gc.immortalize(1, 2),
        lambda: gc.immortalize(obj=1),
        lambda: gc.immortalize(*[[]] * 1000),
        lambda: gc.immortalize(sys._getframe()),
        lambda: gc.is_immortal(),
        lambda: gc.is_immortal(1, 2),
        lambda: gc.is_immortal(obj=1),
        lambda: gc.immortalize_heap(1),
        lambda: gc.immortalize_heap(all=True),
    ):
        try:
            call()
        except TypeError as error:
            assert str(error), call
        else:
            raise AssertionError("no TypeError")
    class Liar:
        __class__ = property(lambda self: 1 / 0)
        __iter__ = __getattr__ = __eq__ = __bool__ = lambda *args: 1 / 0
        __hash__ = None
    liar = gc.immortalize(Liar())
    assert gc.is_immortal(liar)
    gc.immortalize_heap()
    """
    run(patched, code)


def test_bad_moments(patched: Path) -> None:
    """During a collection: from a callback, a finalizer, a weak reference; and inside itself."""
    code = """if True:
    import gc, sys, weakref
    said = []
    def try_it(*args):
        try:
            gc.immortalize_heap()
            said.append("done")
        except RuntimeError:
            said.append("refused")
        gc.immortalize([1, [2.5]])
    class Node:
        def __del__(self):
            try_it()
    gc.callbacks.append(lambda phase, info: try_it())
    node = Node()
    node.me = node
    reference = weakref.ref(node, try_it)
    del node
    gc.collect()
    assert "refused" in said, said
    gc.callbacks.clear()
    gc.disable()
    gc.freeze()
    assert gc.immortalize_heap() > 0
    assert gc.get_freeze_count() >= 0 and not gc.isenabled()
    gc.unfreeze()
    gc.enable()
    gc.collect()
    sys.setrecursionlimit(100)
    def deep(n):
        return gc.immortalize_heap() if n == 0 else deep(n - 1)
    assert deep(50) >= 0
    """
    run(patched, code)


@pytest.mark.slow
def test_random_graphs_under_a_sanitizer(interpreters: Interpreters) -> None:
    """Graphs whose nodes change and go while parts become immortal, in a build with ASAN."""
    python = interpreters(immortal=True, sanitizers="address+undefined")
    env = {"ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1", "PYTHONMALLOC": "malloc"}
    for seed in range(20):
        assert run(python, FOLDER / "graphs.py", str(seed), "3000", env=env, timeout=900)


def test_out_of_memory(patched: Path) -> None:
    """Wherever memory runs out, there is a MemoryError and a heap that still works."""
    code = """if True:
    import gc, sys
    try:
        import _testcapi
    except ImportError:
        sys.exit("no _testcapi")
    def make():
        return {str(i): [(i, range(i << 70)), compile(f"a + {i}", "f", "eval")] for i in range(50)}
    failed = done = 0
    for heap in (False, True):
        for start in range(0, 60):
            data = make()
            _testcapi.set_nomemory(start, 0)
            try:
                gc.immortalize_heap() if heap else gc.immortalize(data)
                done += 1
            except MemoryError:
                failed += 1
            finally:
                _testcapi.remove_mem_hooks()
            data["more"] = data
            gc.collect()
            assert eval(data["7"][1], {"a": 1}) == 8 and len(data) == 51
            gc.immortalize(data)
            assert gc.is_immortal(data["49"][0])
    assert failed and done, (failed, done)
    print("done")
    """
    assert run(patched, code) == "done\n"
