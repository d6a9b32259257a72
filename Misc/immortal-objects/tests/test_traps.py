"""What the interpreter, other threads and other code do to the extension at an awkward moment."""

from __future__ import annotations

import builtins
import importlib.util
import unittest

import core_traps as programs
from test_core import REASON, run

SUBINTERPRETERS = any(map(importlib.util.find_spec, ("_interpreters", "_xxsubinterpreters")))

# No dict, for PyDict_Check(): its keys, and the hash that the first use writes to it.
FROZENDICT = """
import copy, ctypes
def header(obj):
    return bytes((ctypes.c_char * type(obj).__basicsize__).from_address(id(obj)))
text = lambda *parts: "".join(parts)
class Sub(frozendict): pass
for make in (frozendict, Sub):
    keys, nested = [text("a ", "key"), (text("k", "2"), 1)], (text("v", "1"), (2.5,))
    value = make({keys[0]: nested, keys[1]: None})
    alone = copy.deepcopy(value)
    assert _core.immortalize(value) is value
    assert all(map(_core.is_immortal, (value, *keys, nested, nested[0], nested[1])))
    before = header(value)
    assert hash(value) == hash(alone) and value == alone
    assert make is Sub or header(value) == before
assert _core.drift() == []
"""


@unittest.skipIf(REASON, REASON or "")
class TrapTest(unittest.TestCase):
    """Programs that have to end well."""

    def test_collection_moves_a_weak_reference(self) -> None:
        run(programs.MOVED)

    def test_all_that_the_collector_knows(self) -> None:
        run(programs.MARKER)

    def test_other_threads_go_on_before_a_fork(self) -> None:
        run(programs.HELD)

    def test_frame_before_an_initializer(self) -> None:
        run(programs.INITIALIZED)

    def test_instrumented_extended_arguments(self) -> None:
        run(programs.EXTENDED)

    def test_code_from_before_the_import(self) -> None:
        start = "import subprocess; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
        run(start, programs.LATE)

    @unittest.skipUnless(importlib.util.find_spec("_testcapi"), "no _testcapi")
    def test_no_memory(self) -> None:
        run(programs.NO_MEMORY)

    @unittest.skipUnless(SUBINTERPRETERS, "no module that makes sub-interpreters")
    def test_sub_interpreter(self) -> None:
        run(programs.SUBINTERPRETER)

    def test_interpreter_that_was_ended_before(self) -> None:
        run(programs.ANOTHER_LIFE)

    @unittest.skipUnless(importlib.util.find_spec("greenlet"), "greenlet isn't installed")
    def test_suspended_greenlets(self) -> None:
        for what in ("mortal", "immortal"):
            with self.subTest(what):
                run(programs.GREENLETS, what)

    def test_objects_that_are_not_tracked_yet(self) -> None:
        run(programs.UNTRACKED)

    @unittest.skipUnless(hasattr(builtins, "frozendict"), "this Python has no frozendict")
    def test_frozendict(self) -> None:
        run(FROZENDICT)

    def test_class_named_like_numpys(self) -> None:
        run(programs.NAMED_LIKE_NUMPY)

    @unittest.skipUnless(importlib.util.find_spec("zlib"), "Python without zlib")
    def test_bytes_that_another_thread_writes(self) -> None:
        run(programs.DECOMPRESSED)

    def test_bytes_of_a_file_in_memory(self) -> None:
        run(programs.BYTES_IO)


if __name__ == "__main__":
    unittest.main()
