"""Lazy imports of Python 3.15: loaded and put in place before the call, or left lazy."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from programs import ABLE, run

from immortal_objects._lazy import LAZY, load_lazy_imports

MODULES = {
    "first.py": "lazy import second\nlazy import missing_here\nlazy from third import value\n",
    "second.py": "lazy import fourth.inner\n",
    "third.py": "value, other = [1], [2]\n",
    "fourth/__init__.py": "",
    "fourth/inner.py": "",
}


class Lazy(unittest.TestCase):
    def run_with(self, code: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in MODULES.items():
                path = Path(folder, name)
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            return run(f"sys.path.insert(0, {folder!r})\nimport first\n{code}")

    @unittest.skipUnless(LAZY, "there are no lazy imports")
    def test_loaded_and_in_place(self) -> None:
        code = """
from immortal_objects._lazy import LAZY, load_lazy_imports
number = load_lazy_imports()
space = vars(first)
assert space["second"] is sys.modules["second"] and space["value"] == [1], space
assert vars(space["second"])["fourth"] is sys.modules["fourth"]
assert "fourth.inner" in sys.modules
assert type(space["missing_here"]) is LAZY
print(number >= 4, load_lazy_imports())
try:
    first.missing_here
except ImportError as error:
    print(error.name)
"""
        self.assertEqual(self.run_with(code), "True 0\nmissing_here\n")

    @unittest.skipUnless(LAZY and ABLE, "there are no lazy imports, or nothing becomes immortal")
    def test_heap(self) -> None:
        for call, loaded in (
            ("immortalize_heap()", True),
            ("immortalize_heap(load_lazy=False)", False),
            ("before_first_fork(); fork()", True),
            ("before_first_fork(); before_first_fork(load_lazy=False); fork()", False),
        ):
            code = f"{call}\nprint('third' in sys.modules)\n"
            self.assertEqual(self.run_with(code), f"{loaded}\n", call)

    @unittest.skipIf(LAZY, "there are lazy imports")
    def test_nothing_to_do(self) -> None:
        self.assertEqual(load_lazy_imports(), 0)


if __name__ == "__main__":
    unittest.main()
