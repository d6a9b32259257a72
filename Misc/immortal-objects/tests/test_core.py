"""The C extension: what becomes immortal, that counts never drift, and what happens at the end.

Each program runs in a process of its own, for an immortal heap can't be undone. Where the extension
isn't built, or refuses the interpreter, the tests are skipped with its reason.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
import unittest
from pathlib import Path

import core_endings as endings
import core_programs as programs

import immortal_objects

try:
    from immortal_objects import _core
except ImportError as error:
    REASON: str | None = f"no extension: {error}"
else:
    REASON = _core.usable()
JIT = getattr(sys, "_jit", None)
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
START = "import gc, os, sys\nfrom immortal_objects import _core\n"
# The stores of the drift test: enough for any count that drifts to be seen, or to wrap.
STORES = 10**8 if os.environ.get("IMMORTAL_OBJECTS_SLOW") else 10**5


def run(program: str, *arguments: str, options: tuple[str, ...] = ()) -> str:
    """Run a program; return what it printed. It has to end well, with nothing on stderr."""
    command = [sys.executable, *options, "-c", START + program, *arguments]
    folder = str(Path(immortal_objects.__file__).resolve().parents[1])
    paths = filter(None, (os.environ.get("PYTHONPATH"), folder))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONWARNINGS": "ignore"}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=3000, env=env)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    return ran.stdout


@unittest.skipIf(REASON, REASON or "")
class WalkTest(unittest.TestCase):
    """What becomes immortal."""

    def test_whole_heap(self) -> None:
        run(programs.WHOLE_HEAP)

    def test_single_object_and_its_boundary(self) -> None:
        run(programs.SINGLE)

    def test_without_recursion(self) -> None:
        run(programs.DEEP)

    def test_what_is_to_stay_mortal(self) -> None:
        run(programs.MORTAL)

    def test_what_is_not_complete(self) -> None:
        run(programs.UNFINISHED)

    def test_again_takes_what_was_alive_before(self) -> None:
        run(programs.AGAIN)

    @unittest.skipUnless(platform.libc_ver()[0] == "glibc", "another malloc()")
    @unittest.skipIf(FREE_THREADED, "Python's objects of all sizes are mimalloc's here")
    def test_free_memory_is_given_back(self) -> None:
        self.assertGreater(int(run(programs.TRIMMED)), 20_000)

    @unittest.skipIf(
        JIT is not None and JIT.is_enabled(),
        "machine code that the child makes is its own: copied.py shows what else it copies",
    )
    def test_child_copies_nothing(self) -> None:
        copied, size = map(int, run(programs.SHARED, "heap").split())
        # Without the GIL a collection writes where each block of memory is described.
        self.assertLess(copied, (0.005 if FREE_THREADED else 0.002) * size)
        copied, size = map(int, run(programs.SHARED, "nothing").split())
        self.assertGreater(copied, 0.5 * size, "the program shows nothing")


@unittest.skipIf(REASON, REASON or "")
class DriftTest(unittest.TestCase):
    """Counts of immortal objects stay what they are."""

    def test_drift(self) -> None:
        for what in ("heap", "mortal", "alone"):
            with self.subTest(what):
                run(programs.DRIFT, str(STORES), what)

    def test_drift_under_monitoring(self) -> None:
        trace = "sys.settrace(lambda *args: None)\n"
        run(trace + programs.DRIFT, str(min(STORES, 1000)), "heap")


@unittest.skipIf(REASON, REASON or "")
class EndTest(unittest.TestCase):
    """Nothing is lost when the process ends."""

    def test_ending(self) -> None:
        said = {}
        for what in ("alone", "heap"):
            with tempfile.TemporaryDirectory() as folder:
                said[what] = sorted(run(endings.ENDING, what, folder).splitlines())
                files = {path.name: path.read_text() for path in Path(folder).iterdir()}
            expected = {"text": "before after", "layers": "layers", "kept": "kept"}
            expected["read"] = "through the socket\n"
            self.assertEqual(files, expected, what)
            self.assertEqual(
                said[what],
                ["inner None", "kept None", "late class", "left", "outer False"],
            )

    @unittest.skipUnless(importlib.util.find_spec("_sqlite3"), "Python without SQLite")
    def test_databases_are_closed(self) -> None:
        for what in ("alone", "heap"):
            for where in ("instance", "late", "module", "thread"):
                with self.subTest(f"{what} {where}"), tempfile.TemporaryDirectory() as folder:
                    run(endings.DATABASE, what, where, str(Path(folder, "data")))
                    self.assertEqual(os.listdir(folder), ["data"])

    def test_frames_of_threads_that_a_child_does_not_have(self) -> None:
        self.assertEqual(run(endings.THREAD), "there\n")

    def test_daemon_thread_that_writes(self) -> None:
        for _ in range(3):
            self.assertEqual(run(endings.DAEMON), "end\n")

    def test_modules_emptied(self) -> None:
        self.assertEqual(run(programs.EMPTIED), "finalized\n")


@unittest.skipIf(REASON, REASON or "")
class UsableTest(unittest.TestCase):
    """What the extension says of the interpreter."""

    def test_version(self) -> None:
        self.assertIn(f"{sys.version_info[0]}.{sys.version_info[1]}", _core.version())


if __name__ == "__main__":
    unittest.main()
