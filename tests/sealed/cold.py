"""cold.py APPLICATION MODE [COUNT...]: what does a worker do whose code had never run before?

Imports the application, does what MODE says with the heap (nothing, freeze, immortalize), and forks
a worker that serves COUNT requests, and then the next COUNT, which os.getsid() divides: callgrind
is told to begin a new count there. --warm N: the parent serves N requests before. The applications
are those of served.py; "none" serves nothing.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
from pathlib import Path

import served
from observer import ENDS, forked
from workload.heap import MODES, take_out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("application", choices=[*served.APPLICATIONS, "none"])
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("counts", nargs="*", type=int, metavar="COUNT")
    parser.add_argument("--warm", type=int, default=0, metavar="N", help="requests before the fork")
    parser.add_argument("--end", choices=ENDS, default="os._exit", help="how the worker ends")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        application = served.APPLICATIONS.get(options.application, served.nothing)(Path(folder))
        if options.warm:
            application.serve(options.warm)
            application.close()
        gc.collect()
        take_out(options.mode)

        def work() -> None:
            for count in options.counts:
                application.serve(count)
                os.getsid(0)

        status = forked(work, options.end)
        if status is None:
            return  # the worker, which ends like any program; its parent removes the folder
    if status:
        sys.exit(f"the worker ended with status {status}")


if __name__ == "__main__":
    main()
