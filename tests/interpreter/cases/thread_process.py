"""A forked worker that exits doesn't end a program that a thread of its parent runs."""

import os
import subprocess
import sys
import threading

from memory import seal

ready, go = threading.Event(), threading.Event()


class Tool:
    """Ends its program when it is finalized."""

    def __init__(self):
        self.process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __del__(self):
        self.process.kill()


def run():
    tool = Tool()
    ready.set()
    go.wait()
    print(tool.process.communicate(b"still there"), tool.process.returncode)


thread = threading.Thread(target=run)
thread.start()
ready.wait()
seal()
if os.fork() == 0:
    sys.exit(0)
print(os.wait()[1])
go.set()
thread.join()
