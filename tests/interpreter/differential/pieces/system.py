# ruff: noqa: E402, F821
"""Pieces of programs: processes, tracing and objects of C.

Names that end in _N get the number of the piece; R(low, high) is a random number.
"""

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
process.join(2)
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
