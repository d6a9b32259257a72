"""Tests that may differ after gc.immortalize_heap() in the middle of their file, and why."""

from __future__ import annotations

import fnmatch
import re

COUNTS = "looks at reference counts, or at what the collector counts"
TRACKED = "looks at which objects the collector tracks; immortal ones are tracked by none"
DIES = "expects an object to die that was alive at the call"
WEAK = "expects weak references to be listed; those of an immortal object are not"
SIZES = "looks at how many blocks are allocated, or where"

# Pairs of a module and a pattern of its tests, without the module.
EXPECTED: dict[tuple[str, str], str] = {
    ("test_ctypes", "*ObjectsTestCase.test_c_char_p"): COUNTS,
    ("test_ctypes", "*PythonAPITestCase.test_PyObj_FromPtr"): COUNTS,
    ("test_dict", "DictTest.test_track*"): TRACKED,
    ("test_gc", "GCTests.test_is_tracked"): TRACKED,
    ("test_tuple", "TupleTest.test_track_literals"): TRACKED,
    ("test_zoneinfo", "*ExtensionBuiltTest.test_gc_tracked"): TRACKED,
}

# regrtest finds ended threads and processes by weak references; immortal ones stay there.
DANGLING = re.compile(
    r"  (Before|After): |Dangling (thread|process)"
    r"|(threading|multiprocessing\.process)\._dangling was modified by "
    r"|threading_cleanup\(\) failed to cleanup \d+ threads \(count: 0, "
)


def reason(module: str, case: str) -> str | None:
    """Return why a test may differ, or None."""
    name = case.removeprefix("test.").removeprefix(f"{module}.")
    for (of, pattern), why in EXPECTED.items():
        if of == module and fnmatch.fnmatch(name, pattern):
            return why
    return None


def is_only_dangling(log: str) -> bool:
    """Return whether all that a module changed, says its log, is what still has weak references."""
    warnings = re.findall(r"^Warning -- (.*)", log, re.MULTILINE)
    return bool(warnings) and all(DANGLING.match(one) for one in warnings)
