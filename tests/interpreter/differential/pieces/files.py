# ruff: noqa: B905, E402, F821
# ruff: noqa: SIM115
"""Pieces of programs: files and the end.

Names that end in _N get the number of the piece; R(low, high) is a random number.
"""

# piece: files
import gzip
import io

text_N = open(path("text N"), "w")
binary_N = open(path("binary N"), "wb", buffering=R(2, 9000))
both_N = open(path("both N"), "w+b")
packed_N = gzip.open(path("packed N.gz"), "wt")
layers_N = io.TextIOWrapper(io.BufferedWriter(io.FileIO(path("layers N"), "w")), "utf-16")
memory_N = [io.StringIO("lines\nof\ntext"), io.BytesIO(b"bytes")]
text_N.write("before\n")
# step
text_N.write("text" * R(1, 3000))
# step
binary_N.write(b"binary" * R(1, 3000))
# step
both_N.write(b"both" * R(1, 99))
both_N.seek(R(0, 9))
say(both_N.read(4), both_N.tell())
# Nothing is read ahead: a close takes that back, by moving a position which processes share, and
# whether a child of stock closes the file, or leaks it, is up to what else it holds.
both_N.seek(0, 2)
# step
packed_N.write("packed" * R(1, 99))
# step
layers_N.write("layers" * R(1, 99))
# step
text_N.flush()
# Not what follows: stock leaks the file of a child whose variables something in C holds, with what
# its buffer had when the child was forked; an immortal file is flushed.
say(open(path("text N")).read()[:6])
# step
text_N.close()
# step
memory_N[0].write("R(0, 99)")
memory_N[1].seek(2)
say(memory_N[0].getvalue()[:9], memory_N[1].read(2), memory_N[0].readline())
# step
with open(path("again N"), "w") as again:
    print("a line", R(0, 9), file=again)
# step
if text_N.closed:
    text_N = open(path("text N"), "a")
text_N.write("opened later\n")
# step
print("through sys.stdout", R(0, 9))
# step
print("through sys.stderr", R(0, 9), file=sys.stderr)

# piece: files over files
import io
import os
import socket
import tempfile
import zipfile

ours_N, theirs_N = socket.socketpair()
lines_N = ours_N.makefile("w")
answers_N = ours_N.makefile("rb")
reader_N, writer_N = (os.fdopen(fd, mode) for fd, mode in zip(os.pipe(), ("r", "w")))
spooled_N = tempfile.SpooledTemporaryFile(R(1, 99), "w+")


class Raw_N(io.RawIOBase):
    def __init__(self, name):
        self.fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def writable(self):
        return True

    # Functions, for stock may clear the module before it writes what is left.
    def write(self, data, write=os.write):
        return write(self.fd, data)

    def close(self, write=os.write, close_fd=os.close, close=io.RawIOBase.close):
        if not self.closed:
            close(self)
            write(self.fd, b"closed")
            close_fd(self.fd)


raw_N = io.TextIOWrapper(io.BufferedWriter(Raw_N(path("raw N")), 5000))
later_N = []
pair_N = io.BufferedRWPair(io.BytesIO(b"read"), Raw_N(path("pair N")))
# step
lines_N.write("a line R(0, 9)\n")
# step
lines_N.flush()
theirs_N.sendall(b"x" * R(1, 9))
say(answers_N.read(1))
# step
writer_N.write("through a pipe R(0, 9)\n")
writer_N.flush()
say(reader_N.readline())
# step
with zipfile.ZipFile(path("zip N.zip"), "w") as zipped:
    zipped.writestr(zipfile.ZipInfo("member R(0, 99)"), "x" * R(1, 99))
# step
spooled_N.write("spooled" * R(1, 30))
spooled_N.seek(0)
say(spooled_N.read(3))
# step
raw_N.write("raw R(0, 9) " * R(1, 99))
# step
pair_N.write(b"pair R(0, 9)")
# step
raw_N.close()
# step
raw_N.detach().detach().close()
# step
if not [one for one in later_N if not one.closed]:
    later_N.append(io.TextIOWrapper(io.BufferedWriter(Raw_N(path("later N")))))
later_N[-1].write("later")
# step
lines_N.close()
theirs_N.setblocking(False)
# Once each: a child writes its copy of the buffer, unless stock leaks the file there.
say(sorted(set(theirs_N.recv(R(1, 50) * 99).splitlines())))

# piece: end
import atexit
import contextlib
import logging
import logging.handlers
import tempfile

stack_N = contextlib.ExitStack()
stack_N.callback(say, "exit stack N")
handler_N = logging.handlers.MemoryHandler(99, target=logging.FileHandler(path("log N")))
logger_N = logging.getLogger("logger N")
logger_N.addHandler(handler_N)
logger_N.propagate = False
named_N = []
folder_N = tempfile.TemporaryDirectory(dir=os.getcwd())
atexit.register(say, "atexit N")
# step
logger_N.warning("a warning R(0, 99)")
# step
atexit.register(lambda: say("atexit of", ROLE[-1], R(0, 9)))
# step
atexit.unregister(say)
# step
open(os.path.join(folder_N.name, "file"), "w").write("x")
# step
folder_N.cleanup()
# step
atexit.register(immortalize_heap)
# step
named_N.append(tempfile.NamedTemporaryFile("w", dir=os.getcwd(), prefix="named"))
named_N[-1].write("text")
# step
sys.excepthook = lambda *error: say("excepthook", error[0].__name__)
# step
with contextlib.suppress(KeyError):
    stack_N.close()
