"""Programs of test_traps.py: each runs in a process of its own, with _core, gc, os, sys imported."""

MOVED = """
import weakref
class Cyclic: pass
called = []
def note(reference):
    called.append(reference)
gc.disable()
_core.immortalize_heap()
garbage = Cyclic()
garbage.me = garbage
reference = _core.immortalize(weakref.ref(garbage, note))
del garbage
_core.immortalize_heap()
assert called == [reference]
gc.collect()
"""

HELD = """
import threading
class Thing: pass
ready, go, gone = (threading.Event() for _ in range(3))
def work():
    things = [[Thing() for _ in range(100)] for _ in range(100)]
    ready.set()
    go.wait()
    del things
    gone.set()
def before():
    go.set()
    gone.wait()
    junk.extend(b"\\xee" * size for size in range(16, 500, 16) for _ in range(500))
junk = []
os.register_at_fork(before=before)
_core.immortalize([1])
thread = threading.Thread(target=work)
thread.start()
ready.wait()
pid = os.fork()
if pid == 0:
    sys.exit(0)
assert os.waitpid(pid, 0)[1] == 0
thread.join()
assert not any(isinstance(obj, Thing) for obj in gc.get_objects()), "not let go in the parent"
"""
