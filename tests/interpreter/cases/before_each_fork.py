"""A scheduler makes its heap immortal before each fork; prints its growth and a fork's price.

The growth of the RSS in kB from the 20th to the 120th fork, and the least processor time that
fork() takes in the parent, in microseconds, what runs before it included.

    before_each_fork.py each|never [jobs of a round]
"""

import gc
import json
import os
import sys
import time

from memory import HAS_SEAL, kilobytes

DATA = {number: {"name": str(number)} for number in range(50_000)}
JOBS = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
if sys.argv[1] == "each":
    if HAS_SEAL:
        os.register_at_fork(before=gc.immortalize_heap)
    else:
        os.register_at_fork(before=gc.freeze, after_in_parent=gc.unfreeze)


def jobs_of(number):
    """Return this round's jobs; they are dropped afterwards."""
    return [{"id": number * JOBS + i, "payload": "x" * 200, "needs": [i]} for i in range(JOBS)]


sizes, times = [], []
for number in range(120):
    jobs = jobs_of(number)
    start = time.process_time()
    if os.fork() == 0:
        os._exit(len(jobs) != JOBS)
    times.append(time.process_time() - start)
    assert os.wait()[1] == 0
    sizes.append(kilobytes())
print(json.dumps({"grew": sizes[119] - sizes[19], "fork": min(times[20:]) * 1e6}))
