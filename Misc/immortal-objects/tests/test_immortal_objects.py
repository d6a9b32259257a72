"""python -m unittest, on any CPython from 3.9 on, with or without immortal objects."""

from __future__ import annotations

import logging
import subprocess
import sys
import unittest
from collections.abc import Iterator
from typing import TypedDict

import immortal_objects
from immortal_objects import _backend, immortal, immortalize_heap, is_immortal

# Whether the interpreter can do it. If not, nothing here may become immortal, and all else holds.
ABLE = _backend.CHOSEN.able


class Values(unittest.TestCase):
    def test_value(self) -> None:
        value = {"key": [object()]}
        self.assertIs(immortal(value), value)
        self.assertEqual(is_immortal(value), ABLE)
        self.assertEqual(is_immortal(value["key"][0]), ABLE)
        self.assertFalse(is_immortal([]))

    def test_function(self) -> None:
        @immortal
        def function(argument: list[int] = [1, 2]) -> list[int]:  # noqa: B006
            return argument

        self.assertEqual(function(), [1, 2])
        self.assertEqual(function.__name__, "function")
        self.assertEqual(is_immortal(function) and is_immortal(function()), ABLE)

    def test_parentheses(self) -> None:
        @immortal()
        class Thing:
            pass

        self.assertEqual(is_immortal(Thing), ABLE)
        self.assertFalse(is_immortal(Thing()))

    def test_methods(self) -> None:
        class Thing:
            @staticmethod
            @immortal
            def static() -> int:
                return 1

            @property
            @immortal
            def value(self) -> int:
                return 2

        self.assertEqual((Thing.static(), Thing().value), (1, 2))

    def test_what_holds_something_stays_mortal_inside(self) -> None:
        """As in the patched gc: dropped, it lets go of what it holds."""

        def suspended() -> Iterator[list[int]]:
            local: list[int] = []
            yield local

        block, generator = bytearray(9), suspended()
        local = next(generator)
        value = immortal({"view": memoryview(block), "generator": generator, "list": [object()]})
        self.assertEqual(is_immortal(value["list"]), ABLE)
        for mortal in (value["view"], generator, local):
            self.assertFalse(is_immortal(mortal))
        del value["view"]
        block.append(1)  # BufferError while something views it
        self.assertEqual(is_immortal(immortal(generator)), ABLE)
        self.assertEqual(is_immortal(immortal(memoryview(b"itself"))), ABLE)

    def test_bad_arguments(self) -> None:
        for arguments, keywords in (
            ((1, 2), {}),
            (([],), {"instances": True}),
            ((), {"instance": True}),
        ):
            with self.assertRaises(TypeError):
                immortal(*arguments, **keywords)
        for wrong in (len, dict, 5):
            with self.assertRaisesRegex(TypeError, "is for classes"):
                immortal(instances=True)(wrong)
        with self.assertRaisesRegex(TypeError, "call __new__ and __init__, but Typed doesn't"):

            @immortal(instances=True)
            class Typed(TypedDict):
                value: int

        with self.assertRaises(TypeError):
            is_immortal()  # type: ignore[call-arg]
        with self.assertRaisesRegex(TypeError, "frame"):
            immortal(sys._getframe())


class Fallback(unittest.TestCase):
    def messages(self, code: str) -> str:
        """Return what a process logs that runs *code*."""
        program = f"import logging; logging.basicConfig(level=logging.DEBUG)\n{code}"
        command = [sys.executable, "-c", program]
        return subprocess.run(command, check=True, capture_output=True, text=True).stderr

    def test_says_so_once(self) -> None:
        said = self.messages(
            "from immortal_objects import *\n"
            "for _ in range(3): immortal([]), immortalize_heap(), is_immortal([])\n"
            "@immortal(instances=True)\n"
            "class C: pass\n"
        )
        self.assertEqual(said.count("\n"), 0 if ABLE else 1, said)
        self.assertEqual("DEBUG:immortal_objects:" in said, not ABLE)

    def test_is_silent_when_unused(self) -> None:
        self.assertEqual(self.messages("import immortal_objects"), "")

    @unittest.skipIf(ABLE, "this interpreter does it")
    def test_nothing_changes(self) -> None:
        class Plain:
            pass

        before = dict(vars(Plain))
        immortal(instances=True)(Plain)
        self.assertEqual(dict(vars(Plain)), before)
        self.assertEqual(immortalize_heap(), 0)

    def test_names(self) -> None:
        names = "before_first_fork immortal immortalize_heap is_immortal mortal_types"
        more = "Report preload_forkserver report"
        self.assertEqual(immortal_objects.__all__, sorted([*names.split(), *more.split()]))
        self.assertEqual(logging.getLogger("immortal_objects").handlers, [])


if __name__ == "__main__":
    unittest.main()
