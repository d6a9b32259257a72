"""cowtrace as a module: a process traces itself, or its children."""

import gc
import json
import subprocess
import sys
import tempfile
import textwrap
import unittest

from running import temporary_folder

import _cowtrace
import cowtrace
from cowtrace import _summary

BACKENDS = cowtrace.backends()


class ApiTests(unittest.TestCase):
    def test_names(self):
        for name in cowtrace.__all__:
            self.assertTrue(callable(getattr(cowtrace, name)), name)
        self.assertRaises(AttributeError, getattr, cowtrace, "missing")
        code = "import cowtrace, sys; print('json' in sys.modules)"
        self.assertEqual(
            subprocess.check_output([sys.executable, "-c", code], text=True), "False\n"
        )

    def test_trace(self):
        for backend in BACKENDS:
            with self.subTest(backend=backend):
                blocks = [bytearray(9000) for i in range(100)]
                with cowtrace.trace(backend=backend) as trace:
                    for block in blocks:
                        block[4000] = 1
                    line = sys._getframe().f_lineno - 1
                report = trace.report()
                self.assertIsInstance(report, cowtrace.Report)
                self.assertGreaterEqual(report.pages, 100)
                self.assertLessEqual(report.pages, report.shared_pages)
                self.assertEqual(
                    len(
                        [
                            writer
                            for writer in report.data["writers"]
                            if writer["immortal"] and not writer["memory"].startswith("static")
                        ]
                    )
                    > 0,
                    report.immortal_pages > 0,
                )
                lines = report.data["by"]["line"]
                label = f"{_summary.place(__file__)}:{line}"
                self.assertGreaterEqual(lines[label], 100)
                self.assertEqual(json.loads(report.json())["pages"], report.pages)
                self.assertIn("copied", report.table())
                self.assertIn("<!DOCTYPE html>", report.html())

    def test_start_and_stop(self):
        block = bytearray(100_000)
        self.assertRaises(RuntimeError, cowtrace.stop)
        cowtrace.start()
        self.assertRaises(RuntimeError, cowtrace.start)
        block[50_000] = 1
        report = cowtrace.stop()
        self.assertGreater(report.pages, 0)
        self.assertRaises(RuntimeError, cowtrace.stop)

    def test_not_started(self):
        self.assertRaises(RuntimeError, cowtrace.Trace().report)

    def test_bad_arguments(self):
        self.assertRaises(ValueError, cowtrace.start, backend="magic")
        self.assertRaises(ValueError, cowtrace.follow, "/" + "x" * 5000)
        self.assertRaises(ValueError, cowtrace.follow, "/tmp", backend="magic")
        with tempfile.NamedTemporaryFile() as file:
            self.assertRaises(NotADirectoryError, cowtrace.follow, file.name)
        self.assertRaises(FileNotFoundError, cowtrace.follow, file.name)

    def test_follow_relative(self):
        code = textwrap.dedent("""
            import cowtrace, os
            os.mkdir("traces")
            cowtrace.follow("traces")
            os.chdir("/")
            if os.fork() == 0:
                os._exit(0)
            os.wait()
            """)
        with temporary_folder():
            subprocess.run([sys.executable, "-c", code], check=True)
            report = cowtrace.read("traces")
        self.assertGreater(report.pages, 0)

    def test_fields(self):
        line = sys._getframe().f_lineno
        name = "".join(["a string without ", "a hash ", str(line)])
        with cowtrace.trace() as trace:
            hash(name)
        parts = {(writer["type"], writer["part"]) for writer in trace.report().data["writers"]}
        # Another object may share the page, and be written first.
        self.assertTrue(("str", "hash") in parts or len(parts) > 1, parts)

    def test_counts_of_immortal_objects(self):
        # What the interpreter says of itself is what the count says.
        known = getattr(gc, "is_immortal", None) or getattr(sys, "_is_immortal", None)
        if known is None:
            known = (lambda obj: obj is None) if sys.version_info >= (3, 12) else lambda obj: False
        objects = [None, object(), [], {"a": 1}, 10**30, str(object()), cowtrace, self, -1.5]
        if hasattr(gc, "is_immortal") or hasattr(sys, "_is_immortal"):
            objects += [True, 7, "a", (), int, len, str, sys, ..., 10**5]
        for obj in objects:
            with self.subTest(obj=obj):
                self.assertEqual(_cowtrace.is_immortal(obj), known(obj))

    @unittest.skipIf(sys.version_info < (3, 12), "None is mortal")
    def test_writes_to_immortal_objects(self):
        code = textwrap.dedent("""
            import cowtrace, ctypes, sys
            class Large:
                __slots__ = [f"slot{n}" for n in range(60)]
            objects = [Large() for _ in range(2000)]
            count = (3 << 30) if sys.version_info >= (3, 14) else 0xFFFFFFFF
            for obj in objects[::2]:
                ctypes.c_uint32.from_address(id(obj)).value = count
            for first in 1, 0:
                with cowtrace.trace() as trace:
                    for obj in objects[first::2]:
                        obj.slot50 = first
                print(trace.report().violating_pages, trace.report().immortal_pages)
            """)
        done = subprocess.check_output([sys.executable, "-c", code], text=True)
        (mortal, beside), (immortal, _) = (map(int, line.split()) for line in done.splitlines())
        self.assertEqual(mortal, 0)
        self.assertGreater(beside, 100)
        self.assertGreater(immortal, 100)

    @unittest.skipUnless(hasattr(gc, "is_immortal"), "no immortal objects")
    def test_immortal(self):
        code = textwrap.dedent("""
            import cowtrace, gc, sys
            big = gc.immortalize([[i] for i in range(20000)])
            with cowtrace.trace() as trace:
                for item in big:
                    item[0] = None      # not in the objects themselves
                big[9][:] = range(1000)
            print(trace.report().immortal_pages)
            """)
        done = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        )
        self.assertGreater(int(done.stdout), 0)


if __name__ == "__main__":
    unittest.main()
