"""Runs each worker of pyperf in a child, forked from a heap that is sealed after the imports.

Python imports this at its start, where buildtool.performance.forked has it found. A benchmark's
script has imported what it needs when it makes its pyperf.Runner. There the heap becomes immortal
(stock: garbage is collected, as that does first), and a child goes on in the worker's place.
Programs that a benchmark starts are left alone.
"""

from __future__ import annotations

import gc
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def fork() -> str:
    """Go on in a child of this process; return from which heap. The parent ends with its child."""
    seal = getattr(gc, "immortalize_heap", None)
    (seal or gc.collect)()
    sys.stdout.flush()
    sys.stderr.flush()
    if child := os.fork():
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os._exit(status if status >= 0 else 1)
    import ctypes

    # A worker that takes too long is killed by pyperf, and its child with it.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    return "sealed" if seal else "as it was"


def prepare() -> None:
    """Have pyperf.Runner fork when it is made."""
    import pyperf

    init = pyperf.Runner.__init__

    def forked(self: pyperf.Runner, *args: object, **options: object) -> None:
        heap = fork()
        init(self, *args, **options)
        self.metadata["forked_from_heap"] = heap

    pyperf.Runner.__init__ = forked


# sys.argv isn't set yet.
if "--worker" in sys.orig_argv:
    prepare()
