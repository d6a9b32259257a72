"""A call in a forked worker is too late, and is said to be; in all other processes it isn't."""

from __future__ import annotations

import sys
import unittest

from programs import ABLE, FORKS, RECORDED, run

WARNING = (
    r"WARNING immortal_objects: {}\(\) called in a forked worker \(process \d+\): it copies what "
)
BIG = "data = [str(number) for number in range(300_000)]\n"

DAEMON = """
parent = os.getpid()
if os.fork():
    os._exit(0)
while os.getppid() == parent:
    time.sleep(0.01)
"""


@unittest.skipUnless(FORKS, "this system can't fork")
class InAWorker(unittest.TestCase):
    def test_too_late(self) -> None:
        code = "fork(lambda: [immortalize_heap() for _ in range(2)])\n" * 2
        said = run(BIG + code, "-Wignore")
        self.assertRegex(said, f"^({WARNING.format('immortalize_heap')}.*\n){{2}}$")
        self.assertIn("Call it in the parent (process ", said)
        self.assertIn("(gunicorn: when_ready, not post_fork)", said)

    def test_registered_too_late(self) -> None:
        said = run(BIG + "fork(lambda: [before_first_fork() for _ in range(2)])")
        self.assertRegex(said, f"^{WARNING.format('before_first_fork')}.*\n$")

    def test_no_call_fails_for_want_of_the_warning(self) -> None:
        """Without memory, what it takes raises whatever CPython has for that."""
        code = """
from immortal_objects import _heap
def broken(*arguments):
    raise TypeError("can't find out")
_heap._in_worker = broken
fork(lambda: print(immortalize_heap(), len(calls)))
"""
        self.assertEqual(run(RECORDED + BIG + code), "0 1\n")

    def test_said_once_by_gc_and_the_logger(self) -> None:
        """Whether or not one has the warnings shown; and others are as they were."""
        code = """
def warn(**types):
    warnings.warn("gc.immortalize_heap() in a forked process copies", ResourceWarning, 2)
    warnings.warn("another", ResourceWarning, 2)
    return 0
use(warn)
warnings.showwarning = lambda message, *rest: print(message)
fork(immortalize_heap)
"""
        said = run(RECORDED + BIG + code, "-Walways")
        self.assertRegex(said, f"^{WARNING.format('immortalize_heap')}.*\nanother\n$")

    @unittest.skipUnless(ABLE, "nothing becomes immortal here")
    def test_gc_says_nothing_more(self) -> None:
        code = (
            "warnings.showwarning = lambda message, *rest: print(message)\nfork(immortalize_heap)\n"
        )
        said = run(BIG + code, "-Walways")
        self.assertRegex(said, f"^{WARNING.format('immortalize_heap')}.*\n$")

    def test_in_time(self) -> None:
        """In the parent, in the parent of others, and again where the parent has done it."""
        for code in (
            "fork(); immortalize_heap(); fork()",
            "immortalize_heap(); fork(immortalize_heap)",
            "before_first_fork(); fork(immortalize_heap); fork(before_first_fork)",
            "getattr(gc, 'immortalize_heap', immortalize_heap)(); fork(immortalize_heap)",
        ):
            self.assertEqual(run(BIG + code, "-Wignore"), "")

    def test_daemon(self) -> None:
        """Its parent has ended when it calls the function, be it that it loads before or after."""
        ending = "immortalize_heap(); print('daemon'); sys.stdout.flush()"
        for program in (BIG + DAEMON + ending, DAEMON + BIG + ending):
            self.assertEqual(run(program), "daemon\n")

    @unittest.skipUnless(sys.platform == "linux", "it takes /proc to know")
    def test_forked_first_and_loaded_then(self) -> None:
        """As a supervisor's child does that has a heap of its own."""
        more = "sys.modules.update((str(number), sys) for number in range(1000))\n"
        for load in (BIG, more):
            code = (
                f"def child():\n    {load}    immortalize_heap()\n    print('loaded')\nfork(child)"
            )
            self.assertEqual(run(code), "loaded\n")


if __name__ == "__main__":
    unittest.main()
