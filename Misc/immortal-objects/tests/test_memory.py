"""What it is for: a forked child copies next to nothing of an immortal heap, and all of another."""

from __future__ import annotations

import json
import sys
import unittest
from pathlib import Path
from typing import Any

from programs import ABLE, call

PROGRAM = str(Path(__file__).with_name("copied.py"))
RECORDS = "100000"
# What a child may copy of an immortal heap beside the objects: pages that it takes memory from.
LIMIT = 600_000

# Tools of today's CPython that look at each event: they put code of their own into functions.
MONITORED = """
import sys
monitoring = sys.monitoring
events = monitoring.events
seen = []
monitoring.use_tool_id(monitoring.PROFILER_ID, "test")
for event in (events.PY_START, events.PY_RETURN, events.CALL, events.LINE):
    monitoring.register_callback(monitoring.PROFILER_ID, event, lambda *found: None)
monitoring.set_events(
    monitoring.PROFILER_ID, events.PY_START | events.PY_RETURN | events.CALL | events.LINE
)
import runpy
sys.argv[:] = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def copied(*arguments: str, command: tuple[str, ...] = (), **environment: str) -> dict[str, Any]:
    """Run the program; return its figures."""
    ran = call(sys.executable, *command, PROGRAM, *arguments, **environment)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@unittest.skipUnless(sys.platform == "linux", "the kernel's figures are Linux's")
@unittest.skipUnless(ABLE, "nothing becomes immortal here")
class Copied(unittest.TestCase):
    def test_next_to_nothing(self) -> None:
        plain, immortal = copied("--plain", RECORDS), copied(RECORDS)
        self.assertEqual(plain["immortal"], 0)
        self.assertGreater(immortal["immortal"], 1_000_000)
        self.assertGreater(plain["copied"] / plain["rss"], 0.6)
        self.assertLess(immortal["copied"], LIMIT)

    @unittest.skipIf(sys.version_info < (3, 12), "there is no sys.monitoring")
    def test_with_monitoring(self) -> None:
        self.assertLess(copied("20000", command=("-c", MONITORED))["copied"], LIMIT)

    @unittest.skipIf(sys.version_info < (3, 14), "there is no JIT that can be switched on")
    def test_with_the_jit(self) -> None:
        jit = getattr(sys, "_jit", None)
        if jit is None or not jit.is_available():
            self.skipTest("this interpreter is built without the JIT")
        self.assertLess(copied(RECORDS, PYTHON_JIT="1")["copied"], LIMIT)


if __name__ == "__main__":
    unittest.main()
