"""python -m django_tests RUNTESTS LABEL...: Django's own runner, with an immortal heap, recorded.

RUNTESTS is tests/runtests.py of Django's source, and the folder that it lies in the current one.
"""

from __future__ import annotations

import runpy
import sys
import unittest
from typing import Any

import recorder
from django.test.runner import DiscoverRunner

WORDS = {
    "addSuccess": "passed",
    "addExpectedFailure": "xfailed",
    "addUnexpectedSuccess": "xpassed",
    "addSkip": "skipped",
    "addError": "failed",
    "addFailure": "failed",
}


class Result(unittest.TextTestResult):
    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            recorder.record(test.id(), "failed")


def recording(method: str, outcome: str) -> Any:
    """Return a method of a test's result that records the outcome, too."""
    original = getattr(unittest.TextTestResult, method)

    def recorded(self: Result, test: Any, *arguments: Any) -> None:
        recorder.record(test.id(), outcome)
        original(self, test, *arguments)

    return recorded


for method, outcome in WORDS.items():
    setattr(Result, method, recording(method, outcome))

run_suite = DiscoverRunner.run_suite


def run_immortal(self: Any, suite: Any, **options: Any) -> Any:
    self.get_resultclass = lambda: Result
    recorder.immortalize()
    try:
        return run_suite(self, suite, **options)
    finally:
        recorder.write()


DiscoverRunner.run_suite = run_immortal
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
