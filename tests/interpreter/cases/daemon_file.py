"""A daemon thread writes to a file while the interpreter ends, and while forked workers end.

daemon_file.py parent|workers
"""

import os
import sys
import threading
import time

from memory import seal

file = open(os.devnull, "w")  # noqa: SIM115


def write_on():
    while True:
        file.write("x" * 1000)
        file.flush()


threading.Thread(target=write_on, daemon=True).start()
seal()
time.sleep(0.05)
if sys.argv[1] == "workers":
    for _ in range(5):
        if os.fork() == 0:
            sys.exit()
        print(os.wait()[1], flush=True)
print("end")
