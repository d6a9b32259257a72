"""What the interpreter, other threads and other code do to the extension at an awkward moment."""

from __future__ import annotations

import unittest

import core_traps as programs
from test_core import REASON, run


@unittest.skipIf(REASON, REASON or "")
class TrapTest(unittest.TestCase):
    """Programs that have to end well."""

    def test_collection_moves_a_weak_reference(self) -> None:
        run(programs.MOVED)

    def test_other_threads_go_on_before_a_fork(self) -> None:
        run(programs.HELD)


if __name__ == "__main__":
    unittest.main()
