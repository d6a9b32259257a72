"""Run CPython's test suite like python -m test, with a call in the middle of each test file.

    run.py heap|collect [ARGUMENT OF python -m test...]

The call is gc.immortalize_heap() or gc.collect(). A profile function makes it inside the middle
test of the file, when a function of the file's is called for the second time; where a test calls
none, or sets a profile function of its own, the call comes right after it. A line on stderr tells.
"""

from __future__ import annotations

import gc
import os
import runpy
import sys
import unittest
from collections.abc import Callable
from types import FrameType
from typing import Any

from test import support


class Middle:
    """Counts the tests of a file, and makes the call in the middle one."""

    def __init__(self, call: Callable[[], int]) -> None:
        self.call = call
        self.left = -1  # tests to run until the middle one
        self.calls = 0  # calls of functions of the file's, within it
        self.done = True

    def start(self, suite: unittest.TestSuite) -> None:
        """Begin a file, whose tests *suite* has."""
        self.left = suite.countTestCases() // 2
        self.calls = 0
        self.done = False

    def run(self, test: unittest.TestCase, run: Callable[[], Any]) -> Any:
        """Run one test."""
        self.left -= 1
        if self.left >= 0 or self.done:
            return run()
        sys.setprofile(self.profile)
        try:
            return run()
        finally:
            if sys.getprofile() == self.profile:
                sys.setprofile(None)
            self.fire("after", test)

    def profile(self, frame: FrameType, event: str, arg: object) -> None:
        """Be told of all calls, until there were enough."""
        name = os.path.basename(frame.f_code.co_filename)
        if event == "call" and name.startswith("test_"):
            self.calls += 1
            if self.calls == 2:
                sys.setprofile(None)
                self.fire("in", frame.f_code.co_name)

    def fire(self, where: str, what: object) -> None:
        """Make the call, unless that was done; during a collection there is a later chance."""
        if self.done:
            return
        try:
            self.call()
        except RuntimeError:
            return
        self.done = True
        os.write(2, f"\nmiddle: {self.call.__name__}() {where} {what}\n".encode())


def main() -> None:
    """Install the hooks and start the suite."""
    call = {"heap": "immortalize_heap", "collect": "collect"}[sys.argv.pop(1)]
    middle = Middle(getattr(gc, call))
    run_suite, run_test = support._run_suite, unittest.TestCase.run

    def hooked_suite(suite: unittest.TestSuite) -> None:
        middle.start(suite)
        run_suite(suite)

    def hooked_test(test: unittest.TestCase, result: Any = None) -> Any:
        return middle.run(test, lambda: run_test(test, result))

    support._run_suite = hooked_suite
    unittest.TestCase.run = hooked_test  # type: ignore[method-assign]
    runpy.run_module("test", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
