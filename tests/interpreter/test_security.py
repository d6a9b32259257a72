"""What Misc/SECURITY.md says of forked processes and of what stays in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import run

PRELUDE = """
import gc, os, random, threading, traceback, weakref
immortalize_heap = getattr(gc, "immortalize_heap", gc.freeze)

def in_child(function):
    '''Return what the function returns in a forked child, as a string.'''
    there, here = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(here, repr(function()).encode())
        os._exit(0)
    os.close(here)
    with open(there) as answer:
        said = answer.read()
    os.waitpid(pid, 0)
    return said
"""

CASES = {
    "generators": """
        own = random.Random(1)
        random.seed(1)
        immortalize_heap()
        assert in_child(own.random) == in_child(own.random) == repr(own.random())
        assert len({in_child(random.random), in_child(random.random), repr(random.random())}) == 3
    """,
    "a lock that another thread holds": """
        lock, locked, done = threading.Lock(), threading.Event(), threading.Event()
        def hold():
            with lock:
                locked.set()
                done.wait()
        holder = threading.Thread(target=hold)
        holder.start()
        locked.wait()
        immortalize_heap()
        assert in_child(threading.active_count) == "1"
        assert in_child(lambda: lock.acquire(timeout=0.1)) == "False"
        done.set()
        holder.join()
        assert lock.acquire(timeout=10)
    """,
    "overwritten by a child": """
        secret = bytearray(b"secret")
        def overwrite():
            secret[:] = bytes(6)
            return secret
        immortalize_heap()
        assert in_child(overwrite) == repr(bytearray(6))
        assert secret == b"secret"
    """,
    "core dumps and swap": """
        immortalize_heap()
        kept, name = [], ""
        for line in open("/proc/self/smaps"):
            words = line.split()
            if words[0] == "VmFlags:" and not name.startswith("[v"):
                kept += {"dd", "lo"}.intersection(words)
            elif not words[0].endswith(":"):
                name = words[-1]
        assert name and not kept
    """,
}

TRACEBACKS = """
class Secret(list):
    pass

def fail():
    secret, word = Secret([bytearray(b"in it")]), bytearray(b"alone")
    references.append(weakref.ref(secret))
    raise ValueError

def caught():
    try:
        fail()
    except ValueError as error:
        return error

references = []
cleared, cut, kept = caught(), caught(), caught()
traceback.clear_frames(cleared.__traceback__)
cut.__traceback__ = None
immortalize_heap()
assert [reference() is None for reference in references] == [True, True, False]
failing = kept.__traceback__.tb_next
assert gc.is_immortal(kept) and gc.is_immortal(failing)
secret, word = map(failing.tb_frame.f_locals.get, ("secret", "word"))
assert gc.is_immortal(secret) and gc.is_immortal(secret[0]) and not gc.is_immortal(word)
"""


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", ["patched", "stock"])
def test_as_in_stock(request: pytest.FixtureRequest, kind: str, name: str) -> None:
    run(Path(request.getfixturevalue(kind)), f"{PRELUDE}\nif True:\n{CASES[name]}")


def test_locals_of_a_traceback(patched: Path) -> None:
    """Containers become immortal, with their contents; what lies in the frame alone does not."""
    run(patched, PRELUDE + TRACEBACKS)
