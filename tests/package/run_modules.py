"""run_modules.py plain|immortal MODULE...: modules of CPython's test suite, as JSON by test.

With "immortal" the heap becomes immortal when the modules are loaded, before the first test.
"""

from __future__ import annotations

import json
import sys
import unittest
from typing import Any

OUTCOMES = {
    "addSuccess": "passed",
    "addError": "failed",
    "addFailure": "failed",
    "addSkip": "skipped",
    "addExpectedFailure": "xfailed",
    "addUnexpectedSuccess": "xpassed",
}
found: dict[str, str] = {}


class Result(unittest.TextTestResult):
    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            found[test.id()] = "failed"


def noting(method: str, outcome: str) -> Any:
    """Return a method of a test's result that notes the outcome, too."""
    original = getattr(unittest.TextTestResult, method)

    def noted(self: Result, test: Any, *arguments: Any) -> None:
        if found.get(test.id()) != "failed":
            found[test.id()] = outcome
        original(self, test, *arguments)

    return noted


def main() -> None:
    kind, *modules = sys.argv[1:]
    for method, outcome in OUTCOMES.items():
        setattr(Result, method, noting(method, outcome))
    load = unittest.defaultTestLoader.loadTestsFromName
    suite = unittest.TestSuite(load(f"test.{module}") for module in modules)
    if kind == "immortal":
        from immortal_objects import immortalize_heap, is_immortal

        assert immortalize_heap() > 10_000 and is_immortal(found)
    unittest.TextTestRunner(resultclass=Result, verbosity=0).run(suite)
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main()
