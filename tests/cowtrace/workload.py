"""A parent that loads some data and forks a child that only reads it.

The arguments: what to call in gc before the fork, if the interpreter has it; what the child does
besides reading; how it ends.
"""

import gc
import os
import signal
import sys
import threading

before, besides, end = sys.argv[1:]


class Record:
    def __init__(self, number):
        self.number = number
        self.name = f"record {number}"
        self.tags = [f"tag {number % 7}", number / 3]


records = [Record(number) for number in range(20_000)]
buffers = [bytearray(5000) for _ in range(20)]


def read():
    return sum(len(record.name) + len(record.tags) for record in records)  # READ


def nothing():
    pass


def threads():
    started = [threading.Thread(target=read) for _ in range(4)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def signals():
    hits = []
    signal.signal(signal.SIGALRM, lambda *_: hits.append(read()))
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    ready, done = os.pipe()
    threading.Timer(0.2, os.write, (done, b"x")).start()
    assert os.read(ready, 1) == b"x"  # restarted after each EINTR
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert hits


def system_calls():
    """Let the kernel write to memory that existed before the fork."""
    source, sink = os.pipe()
    for buffer in buffers:
        os.write(sink, b"y" * 5000)
        assert os.readv(source, [buffer]) == 5000
        assert buffer == b"y" * 5000


def grandchild():
    if os.fork() == 0:
        read()
        os._exit(0)
    assert os.wait()[1] == 0


child = globals()[besides]
getattr(gc, before, gc.collect)()
if os.fork() == 0:  # a name for it would be a new global, which the child would write
    child()
    read()
    if end == "crash":
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)
    if end == "os._exit":
        os._exit(0)
    if end == "sys.exit":
        sys.exit(0)
    assert end == "the end"
else:
    status = os.wait()[1]
    assert os.WIFSIGNALED(status) if end == "crash" else status == 0, status
    print("the parent's own words")
