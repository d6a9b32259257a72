"""A forked worker that exits leaves alone a temporary file that a thread of its parent uses.

thread_tempfile.py alive|seal
"""

import os
import sys
import tempfile
import threading

from memory import seal

ready, go = threading.Event(), threading.Event()


def spool():
    with tempfile.NamedTemporaryFile("w+") as file:
        file.write("data of the parent\n")
        file.flush()
        ready.set()
        go.wait()
        print("the file", "is there" if os.path.exists(file.name) else "is gone")
        file.name = os.devnull if not os.path.exists(file.name) else file.name


thread = threading.Thread(target=spool)
thread.start()
ready.wait()
if sys.argv[1] == "seal":
    seal()
if os.fork() == 0:
    sys.exit(0)
print(os.wait()[1])
go.set()
thread.join()
