"""Programs that test_core.py runs: what happens when the interpreter ends."""

ENDING = """
import io, socket
what, folder = sys.argv[1:]
def say(*words, write=os.write):
    write(1, (" ".join(map(str, words)) + "\\n").encode())
class Noisy:
    def __init__(self, name, own=None):
        self.name, self.own, self.done = name, own, False
    def __del__(self):
        say(self.name, self.own and self.own.done)
        self.done = True
class Holder: pass
class Late: pass
inner = Noisy("inner"); outer = Noisy("outer", inner)
late = Late(); holder = Holder()
text = open(os.path.join(folder, "text"), "w"); text.write("before ")
left, right = socket.socketpair(); over = left.makefile("w")
layers = io.TextIOWrapper(io.BufferedWriter(io.FileIO(os.path.join(folder, "layers"), "w")))
def suspended():
    try:
        yield
    finally:
        say("left")
generator = suspended(); next(generator)
if what == "heap":
    _core.immortalize_heap()
elif what == "alone":
    for obj in (outer, late, holder, text, over, layers, generator):
        _core.immortalize(obj)
Late.__del__ = lambda self: say("late class")
holder.kept = [Noisy("kept")]
holder.file = open(os.path.join(folder, "kept"), "w"); holder.file.write("kept")
text.write("after"); over.write("through the socket\\n"); layers.write("layers")
if os.fork() == 0:  # whoever reads what comes through the socket
    os.close(left.fileno())
    line = right.makefile().readline()
    with open(os.path.join(folder, "read"), "w") as file:
        file.write(line)
    os._exit(0)
right.close()
"""

THREAD = """
import tempfile, threading
ready, go = threading.Event(), threading.Event()
def spool():
    with tempfile.NamedTemporaryFile("w+") as file:
        ready.set()
        go.wait()
        assert os.path.exists(file.name)
        print("there")
thread = threading.Thread(target=spool)
thread.start(); ready.wait()
_core.immortalize_heap()
if os.fork() == 0:
    sys.exit(0)
os.wait()
go.set(); thread.join()
"""

DAEMON = """
import threading, time
file = open(os.devnull, "w")
def work():
    while True:
        file.write("x" * 1000); file.flush()
threading.Thread(target=work, daemon=True).start()
_core.immortalize_heap()
time.sleep(0.05)
print("end")
"""

# Forks a child that reads everything; prints how many bytes it copied, and the size of the heap.

# A write-ahead log is left behind by a connection that isn't closed, or has statements.
DATABASE = """
import immortal_objects, sqlite3, threading
what, where, path = sys.argv[1:]
class Holder: pass
def connect():
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE numbers (number)")
    connection.execute("INSERT INTO numbers VALUES (1)")
    connection.commit()
    holder.connection = connection
holder = Holder()
if where == "late":
    _core.immortalize(holder)
if where == "thread":
    thread = threading.Thread(target=connect)
    thread.start()
    thread.join()
else:
    connect()
if where == "module":
    connection = holder.connection
    del holder.connection
if what == "heap":
    immortal_objects.immortalize_heap()
else:
    immortal_objects.immortal(connection if where == "module" else holder)
assert os.path.exists(path + "-wal")
"""
