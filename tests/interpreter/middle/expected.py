"""Tests that may differ after gc.immortalize_heap() in the middle of their file, and why."""

from __future__ import annotations

import fnmatch

COUNTS = "looks at reference counts, or at what the collector counts"
TRACKED = "looks at which objects the collector tracks; immortal ones are tracked by none"
DIES = "expects an object to die that was alive at the call"
WEAK = "expects weak references to be listed; those of an immortal object are not"
SIZES = "looks at how many blocks are allocated, or where"

# Pairs of a module and a pattern of its tests, without the module.
EXPECTED: dict[tuple[str, str], str] = {
    ("test_dict", "DictTest.test_track*"): TRACKED,
}


def reason(module: str, case: str) -> str | None:
    """Return why a test may differ, or None."""
    name = case.removeprefix("test.").removeprefix(f"{module}.")
    for (of, pattern), why in EXPECTED.items():
        if of == module and fnmatch.fnmatch(name, pattern):
            return why
    return None
