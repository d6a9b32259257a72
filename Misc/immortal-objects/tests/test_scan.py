"""python -m immortal_objects.scan, on files that are made up; tests/ has real modules."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from programs import call

from immortal_objects import scan

ELF = b"\x7fELF" + bytes(60)


class ScanTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()

    def put(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def call(self, *arguments: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = scan.main(list(arguments))
        return status, out.getvalue(), err.getvalue()

    def test_what_counts(self) -> None:
        """In 3.11 what has no mark; from 3.12 on what is for an older stable ABI."""
        frees, mark, calls = scan.FREES, scan.MARK + b"\0", scan.CALLS
        for name, content, before, since in (
            ("module.abi3.so", ELF + frees, True, True),
            ("module.so", ELF + frees + mark, False, False),
            ("module.abi3.so", ELF + frees + calls, True, False),
            ("module.cpython-314-x86_64-linux-gnu.so", ELF + frees, True, False),
            ("module.so", ELF + b"PyLong_FromLong\0", False, False),
            ("module.so", frees, False, False),
        ):
            for tested, expected in ((False, before), (True, since)):
                with self.subTest(name=name, content=content, tested=tested):
                    path = self.put(name, content)
                    with mock.patch.object(scan, "TESTED", tested):
                        self.assertEqual(scan.counts_unguarded(path), expected)

    def test_folder(self) -> None:
        bad = self.put("a/bad.abi3.so", ELF + scan.FREES)
        self.put("a/good.so", ELF + scan.FREES + scan.MARK)
        self.put("a.libs/libz.so.1", ELF + scan.FREES)
        self.put("a/text.py", scan.FREES)
        status, out, err = self.call(str(self.folder))
        self.assertEqual((status, out, err), (1, f"{bad}: build it with this interpreter\n", ""))
        bad.unlink()
        self.assertEqual(
            self.call(str(self.folder)),
            (0, "1 extension modules, none counts without a test\n", ""),
        )

    def test_distribution(self) -> None:
        bad = self.put("shop/fast.so", ELF + scan.FREES)
        self.put("shop/faster.so", ELF + scan.FREES)
        self.put("shop-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: Shop\nVersion: 1\n")
        self.put("shop-1.0.dist-info/RECORD", b"shop/fast.so,,\nshop/faster.so,,\n")
        path = mock.patch.object(sys, "path", [str(self.folder), *sys.path])
        path.start()
        self.addCleanup(path.stop)
        self.assertIn(self.folder, scan.default_places())
        command = "--force-reinstall --no-deps --no-cache-dir --no-binary Shop Shop"
        status, out, err = self.call()
        self.assertEqual((status, err), (1, ""))
        self.assertIn(f"Shop: 2 modules count without a test; pip install {command}", out)
        self.assertIn("Shop: 1 module counts without", self.call(str(bad))[1])

    def test_as_a_program(self) -> None:
        module = self.put("bad.abi3.so", ELF + scan.FREES)
        ran = call(sys.executable, "-m", "immortal_objects.scan", str(module))
        line = f"{module}: build it with this interpreter\n"
        self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (1, line, ""))

    def test_bad_input(self) -> None:
        missing = self.folder / "missing"
        self.assertEqual(self.call(str(missing)), (2, "", f"error: {missing} does not exist\n"))
        empty = self.put("empty.so", b"")
        self.assertEqual(self.call(str(empty))[0], 0)


if __name__ == "__main__":
    unittest.main()
