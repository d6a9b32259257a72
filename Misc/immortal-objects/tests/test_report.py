"""report(): objects and bytes by type, what stayed mortal and why, modules that count blindly."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from programs import ABLE, run

from immortal_objects import Report, _backend, _report, report, scan

MADE = """
class Thing: pass
class View(bytearray): pass
things = [Thing() for _ in range(1000)]
view = memoryview(bytearray(9))
immortalize_heap()
later = [Thing() for _ in range(10)]
found = report()
"""


class Reports(unittest.TestCase):
    @unittest.skipUnless(ABLE, "nothing becomes immortal here")
    def test_what_it_counts(self) -> None:
        code = """
objects, size = found.immortal[Thing]
assert objects == 1000 and size >= 16_000, (objects, size)
for cls in (dict, str, type, tuple):
    assert found.immortal[cls][0] > 100, cls
mortal = {cls for types in found.mortal.values() for cls in types}
assert Thing in mortal and Thing in found.immortal
assert sum(types.get(Thing, (0, 0))[0] for types in found.mortal.values()) == 10
print(found.backend, found.reason == "", "Thing" in str(found), len(str(found)) < 20_000)
"""
        self.assertEqual(run(MADE + code), f"{_backend.CHOSEN.name} True True True\n")

    @unittest.skipIf(ABLE, "this interpreter does it")
    def test_nothing(self) -> None:
        found = report()
        self.assertEqual((found.backend, found.immortal, found.mortal), ("nothing", {}, {}))
        self.assertRegex(str(found), r"^immortal_objects: \S.*: nothing is immortal$")

    def test_text(self) -> None:
        immortal: dict[type, tuple[int, int]] = {dict: (2000, 3_000_000), Path: (1, 100)}
        mortal: dict[str, dict[type, tuple[int, int]]] = {
            "mortal type": {memoryview: (1, 200_000)},
            "later": {},
        }
        text = str(Report("extension", "", immortal, mortal, [Path("/x/old.abi3.so")]))
        self.assertEqual(
            text.splitlines(),
            [
                "immortal_objects: 2,001 objects are immortal, 3.0 MB, by the extension",
                "         2,000       3.0 MB  dict",
                f"             1       0.0 MB  {Path.__module__}.Path",
                "mortal, its type is in `mortal`: 1 objects, 0.2 MB",
                "             1       0.2 MB  memoryview",
                "counts without a test: /x/old.abi3.so",
                "forked processes copy what they read through these modules",
            ],
        )

    def test_many_types(self) -> None:
        types: Any = {type(f"T{number}", (), {}): (1, number) for number in range(50)}
        lines = str(Report("gc", "", types, {}, [])).splitlines()
        self.assertEqual(len(lines), 2 + _report.ROWS)
        self.assertIn("of 30 other types", lines[-1])

    def test_blind_modules(self) -> None:
        class Module:
            __file__ = "/x/blind.abi3.so"

        with mock.patch.dict(sys.modules, {"blind": Module}):
            with mock.patch.object(scan, "counts_unguarded", lambda path: path.suffix):
                self.assertIn(Path("/x/blind.abi3.so"), _report.blind_modules())
            self.assertNotIn(Path("/x/blind.abi3.so"), _report.blind_modules())


if __name__ == "__main__":
    unittest.main()
