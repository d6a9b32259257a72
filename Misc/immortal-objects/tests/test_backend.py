"""What does the work is chosen at import: gc, the extension, or nothing, and that is said once."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import sys
import types
import unittest
from typing import Any
from unittest import mock

from programs import ABLE, START, call

from immortal_objects import __main__, _backend

HAS_GC = hasattr(__import__("gc"), "immortalize_heap")
HAS_EXTENSION = importlib.util.find_spec("immortal_objects._core") is not None


def core(reason: str | None) -> Any:
    """Return a module in place of the extension, which gives this reason."""
    module: Any = types.ModuleType("immortal_objects._core")
    module.usable = lambda: reason
    for name in ("immortalize", "immortalize_heap", "is_immortal", "census"):
        setattr(module, name, len)
    return module


@unittest.skipIf(HAS_GC, "the interpreter itself comes first here")
class Choice(unittest.TestCase):
    def choose(self, module: Any) -> _backend.Backend:
        """Choose where the extension is *module*; None is one that can't be loaded."""
        package = sys.modules["immortal_objects"]
        found = mock.patch.object(importlib.util, "find_spec", return_value=object())
        given = mock.patch.dict(sys.modules, {"immortal_objects._core": module})
        with found, given, mock.patch.dict(vars(package)):
            vars(package).pop("_core", None)
            return _backend.choose()

    def test_extension(self) -> None:
        chosen = self.choose(core(None))
        self.assertEqual((chosen.name, chosen.able, chosen.takes_mortal), ("extension", True, True))
        self.assertIs(chosen.census, len)
        self.assertEqual(chosen.immortalize_heap(mortal=(int, str)), 2)

    def test_refused(self) -> None:
        chosen = self.choose(core("it is a debug build"))
        self.assertEqual((chosen.name, chosen.able), ("nothing", False))
        self.assertEqual(chosen.level, logging.WARNING)
        self.assertRegex(
            chosen.reason, r"^the extension isn't for this CPython 3\S+: it is a debug"
        )
        self.assertNotIn("\n", chosen.reason)

    def test_cannot_be_loaded(self) -> None:
        chosen = self.choose(None)
        self.assertEqual((chosen.name, chosen.level), ("nothing", logging.WARNING))
        self.assertRegex(chosen.reason, "can't be loaded by this CPython")

    def test_nothing(self) -> None:
        with mock.patch.object(importlib.util, "find_spec", return_value=None):
            chosen = _backend.choose()
        self.assertEqual((chosen.name, chosen.level), ("nothing", logging.DEBUG))

    def test_nothing_changes(self) -> None:
        value: list[int] = []
        chosen = _backend.Backend("nothing")
        self.assertIs(chosen.immortalize(value), value)
        self.assertEqual((chosen.immortalize_heap(), chosen.is_immortal(value)), (0, False))


class Said(unittest.TestCase):
    def test_which(self) -> None:
        expected = "gc" if HAS_GC else "extension" if HAS_EXTENSION and ABLE else "nothing"
        self.assertEqual(_backend.CHOSEN.name, expected)

    def test_refusal_is_a_warning_and_a_line(self) -> None:
        code = """
from immortal_objects import _backend
_backend.CHOSEN = _backend.Backend("nothing", reason="not for this one", level=logging.WARNING)
for _ in range(3):
    immortalize_heap(), is_immortal([]), immortal([])
"""
        ran = call(sys.executable, "-c", START + code)
        self.assertEqual(
            (ran.stdout, ran.stderr),
            ("WARNING immortal_objects: not for this one: no change\n", ""),
        )

    def test_check(self) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = __main__.main(["--check"])
        self.assertEqual(status, 0 if ABLE else 1)
        self.assertRegex(
            out.getvalue(), r"^(yes: CPython 3\S+ makes objects immortal, by|no: ).*\n$"
        )

    def test_import_is_cheap(self) -> None:
        """It loads neither multiprocessing nor anything else that is large."""
        code = "import sys, immortal_objects; print('multiprocessing' in sys.modules)"
        self.assertEqual(call(sys.executable, "-c", code).stdout, "False\n")


if __name__ == "__main__":
    unittest.main()
