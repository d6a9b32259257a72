# ruff: noqa: B018, B023, B904, E402, F811, F821, F841, RUF005, RUF006, SIM115
"""Pieces of programs: files, threads, processes, modules, tracing and the end.

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
# step
packed_N.write("packed" * R(1, 99))
# step
layers_N.write("layers" * R(1, 99))
# step
text_N.flush()
say(open(path("text N")).read()[:9])
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

    def write(self, data, os=os):
        return os.write(self.fd, data)

    def close(self, os=os, close=io.RawIOBase.close):
        if not self.closed:
            close(self)
            os.write(self.fd, b"closed")
            os.close(self.fd)


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
raw_N.detach().detach()
# step
if not [one for one in later_N if not one.closed]:
    later_N.append(io.TextIOWrapper(io.BufferedWriter(Raw_N(path("later N")))))
later_N[-1].write("later")
# step
lines_N.close()
theirs_N.setblocking(False)
say(theirs_N.recv(R(1, 50)))
# piece: threads
import queue
import threading

queue_N, answers_N, local_N = queue.Queue(), queue.Queue(), threading.local()
lock_N, event_N, condition_N = threading.RLock(), threading.Event(), threading.Condition()


def work_N():
    held = [Noisy("of a thread N")] if R(0, 1) else []
    for item in iter(queue_N.get, None):
        local_N.value = item
        answers_N.put((item, local_N.value, len(held)))


held_N = []
thread_N = threading.Thread(target=work_N, daemon=True)
thread_N.start()
local_N.value = "main"
# step
if ROLE == ["main"]:
    queue_N.put(R(0, 9))
    say(answers_N.get(timeout=20), local_N.value)
# step
with lock_N, condition_N:
    say(lock_N.acquire(), condition_N.wait(0.001))
    lock_N.release()
# step
another = threading.Thread(target=lambda: say("another thread", local_N.__dict__))
another.start()
another.join(20)
say(another.is_alive())
# step
event_N.set()
say(event_N.wait(1), event_N.is_set())
# step
if ROLE == ["main"]:
    queue_N.put(None)
    thread_N.join(20)
    say(thread_N.is_alive())
# step
inside = threading.Thread(target=immortalize_heap)
inside.start()
inside.join(20)
# step
from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor(2) as pool:
    say(list(pool.map(str, range(R(1, 20)))))
# step
held_N.append(ThreadPoolExecutor(1))
say(held_N[-1].submit(abs, -R(0, 9)).result())
# step
threading.Thread(target=lambda: event_N.wait(R(1, 9) / 1000)).start()
# piece: processes
import multiprocessing
import subprocess

context_N = multiprocessing.get_context("fork")
items_N = [str(i) for i in range(R(1, 50))]
# step
if ROLE == ["main"]:
    with context_N.Pool(1) as pool:
        say(pool.map(len, items_N)[-2:])
# step
ends = context_N.Pipe()
process = context_N.Process(target=ends[1].send, args=([R(0, 9)],))
process.start()
say(ends[0].recv())
process.join(20)
say(process.exitcode)
# step
say(subprocess.run(["echo", "R(0, 9)"], capture_output=True).stdout)
# step
say(subprocess.Popen(["sh", "-c", "exit R(0, 9)"]).wait())
# step
say(len(context_N.active_children()), context_N.Value("i", R(0, 9)).value)
# step
pid = os.fork()
if not pid:
    os._exit(len(items_N))
say(os.waitpid(pid, 0)[1])
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
# piece: modules
import importlib
import types

module_N = types.ModuleType("made_N")
module_N.noisy = Noisy("in a module N")
sys.modules["made_N"] = module_N
exec("def f(x=[]):\n    x.append(y)\n    return x\ny = R(0, 9)", vars(module_N))
# step
say(module_N.f())
# step
module_N.y = "changed"
say(module_N.f(), sorted(set(vars(module_N)) & {"f", "y", "z"}))
# step
import made_N

say(made_N.noisy.name, importlib.import_module("made_N") is module_N)
# step
vars(module_N).update({f"name{i}": i for i in range(R(1, 99))})
say(module_N.name0)
# step
for name in ("colorsys", "chunk", "nturl2path", "sndhdr", "netrc", "mailcap")[: R(1, 6)]:
    __import__(name)
import colorsys

say(colorsys.rgb_to_hsv(0.1, 0.2, 0.3))
# step
import _testbuffer
import audioop

say(audioop.add(b"ab", b"cd", 1), _testbuffer.ndarray([1, 2], shape=[2]).tolist())
# step
del sys.modules["made_N"]
importlib.import_module("made_N")
# step
import textwrap

importlib.reload(textwrap)
say(textwrap.fill("some words", 5))
# step
del module_N.f
say(hasattr(module_N, "f"))
# step
say(eval(compile("[x + R(0, 9) for x in (1, 2)]", "made", "eval")))
# piece: tracing
seen_N = []


def trace_N(frame, event, arg):
    frame.f_trace_opcodes = bool(R(0, 1))
    seen_N.append(event)
    del seen_N[:-5]
    return trace_N


def traced_N(n):
    total = 0
    for i in range(n):
        total += len(str(i))
    return total


traced_N(R(0, 50))
# step
sys.settrace(trace_N)
say(traced_N(R(0, 50)))
sys.settrace(None)
say(seen_N)
# step
sys.setprofile(lambda *args: seen_N.append(args[1]))
say(traced_N(R(0, 50)))
sys.setprofile(None)
say(seen_N[:5])
# step
import threading

threading.setprofile(trace_N)
# step
sys.settrace(trace_N)
# step
sys.setprofile(trace_N)
# step
sys.settrace(None)
sys.setprofile(None)
# step
say(traced_N(R(0, 300)), [len(str(one)) for one in seen_N])
# step
import tracemalloc

tracemalloc.start(R(1, 5))
say(tracemalloc.is_tracing(), tracemalloc.get_traced_memory()[0] > 0)
# step
import tracemalloc

tracemalloc.stop()
# step
import cProfile

profile = cProfile.Profile()
say(profile.runcall(traced_N, R(0, 30)), len(profile.getstats()) > 0)
# piece: foreign objects
import ctypes
import re
import sqlite3
import struct
import zlib
from xml.etree import ElementTree


class Struct_N(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_double)]


database_N = sqlite3.connect(path("database N"))
database_N.execute("create table if not exists t (a, b)")
struct_N = Struct_N(R(0, 9), 2.5)
callback_N = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda n: n + R(1, 9))
tree_N = ElementTree.fromstring("<a><b x='1'>text</b><c/></a>")
pattern_N = re.compile(r"(\w+) (\d+)")
match_N = pattern_N.match("word R(0, 99)")
packer_N = struct.Struct("<iq")
packing_N = zlib.compressobj()
# step
with database_N:
    database_N.execute("insert into t values (?, ?)", (R(0, 9), "text"))
say(database_N.execute("select count(*) from t").fetchone())
# step
if ROLE == ["main"]:
    database_N.execute("insert into t values (?, ?)", (R(0, 9), "not committed"))
# step
database_N.create_function("double", 1, lambda n: n * 2)
say(database_N.execute("select double(R(0, 9))").fetchall())
# step
struct_N.a += R(0, 9)
say(struct_N.a, struct_N.b, callback_N(R(0, 9)), (Struct_N * 2)()[1].a)
# step
tree_N.append(ElementTree.Element("d", y="2"))
tree_N[0].text += "more"
tree_N[0].set("z", "R(0, 9)")
say(ElementTree.tostring(tree_N))
# step
say(match_N.groups(), match_N.group(1), pattern_N.sub(r"\2 \1", "a 1 b 2"), match_N.re is pattern_N)
# step
say(packer_N.pack(R(0, 9), 2), packer_N.unpack(bytes(12)))
# step
say(len(packing_N.compress(b"x" * R(0, 99))), len(packing_N.copy().flush()) > 0)
# step
import random

chance = random.Random(R(0, 99))
say(chance.random(), chance.sample(range(99), 3), random.Random.mro()[0].__name__)
# step
import hashlib
import uuid

hash_N = hashlib.sha256(b"R(0, 9)")
hash_N.update(b"more")
say(hash_N.hexdigest()[:9], uuid.UUID(int=R(0, 9)))
# step
database_N.close()
# piece: abstract classes
import abc
import collections.abc
import typing


class Shape_N(abc.ABC):
    @abc.abstractmethod
    def area(self): ...


class Square_N(Shape_N):
    def area(self):
        return R(0, 9)


class Protocol_N(typing.Protocol):
    def area(self) -> int: ...


T_N = typing.TypeVar("T_N")


class Box_N(typing.Generic[T_N]):
    def __init__(self, value: T_N):
        self.value = value


box_N = Box_N[int](R(0, 9))
# step
say(Square_N().area(), isinstance(Square_N(), Shape_N), issubclass(list, collections.abc.Sized))
# step
Shape_N.register(list)
say(isinstance([], Shape_N), isinstance({}, Shape_N), issubclass(int, Shape_N))
# step
say(Box_N[str], box_N.__orig_class__, typing.get_type_hints(Box_N.__init__))
# step
Shape_N()
# step
class New_N(Square_N):
    def area(self):
        return super().area() + 1


say(New_N().area() > 0, isinstance(New_N(), Shape_N), len(Square_N.__subclasses__()))
# step
say(isinstance(R(0, 9), collections.abc.Hashable), isinstance({}, collections.abc.Mapping))
