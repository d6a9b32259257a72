"""What all programs of this folder begin with."""

import gc
import os
import sys

FOLDER = sys.argv[1]


def seal(really=getattr(gc, "immortalize_heap", None)):
    if really:
        really()


def path(name, folder=FOLDER, join=os.path.join):
    return join(folder, name)


def say(*words, write=os.write):
    write(1, (" ".join(map(str, words)) + "\n").encode())


def child(wait=os.waitpid, code=os.waitstatus_to_exitcode, fork=os.fork, say=say):
    """True in a child; the parent waits for it and tells its status."""
    sys.stdout.flush()
    pid = fork()
    if pid == 0:
        return True
    say("child ended", code(wait(pid, 0)[1]))
    return False


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self, say=say):
        say("finalized", self.name)


def end(*files):
    """What the program ends with.  Stock loses what *files* hold in a cycle: it closes them."""
    if ENDING_NAME.startswith("child") and not child():
        os._exit(0)
    if CLOSES and not ENDING_NAME.endswith("os._exit"):
        for file in files:
            file.close()
    if ENDING_NAME.endswith("sys.exit"):
        sys.exit(3)
    if ENDING_NAME.endswith("raise"):
        raise ValueError("x")
    if ENDING_NAME.endswith("os._exit"):
        os._exit(4)


ENDING_NAME = sys.argv[2]
CLOSES = sys.argv[3:] == ["close"]
