"""Programs of test_traps.py, like those of core_programs.py."""

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

# In 3.14 what matters here is an instruction that counts a constant without a test.
EXTENDED = """
numbers = 0, 290
lines = ["def store(box, number):", " for _ in range(number):"]
lines += [f"  box['k'] = 'constant {i}'" if i in numbers else f"  x = 'constant {i}'"
          for i in range(300)]
namespace, box = {}, {}
exec("\\n".join(lines), namespace)
store = namespace["store"]
def trace(*args):
    return trace
store(box, 3)
sys.settrace(trace)
store(box, 3)
constants = [text for text in store.__code__.co_consts if text == "constant 290"]
assert len(constants) == 1
_core.immortalize(constants)
_core.drift()
store(box, 50)
sys.settrace(None)
found = _core.drift()
assert all(abs(number) <= 2 for _, number in found), found
"""

# For a process of its own, in which the extension is imported late.
LATE = """
import types
box, text = {}, "a_name_that_is_interned"
def make():
    namespace = {"box": box}
    exec("def suspended():\\n while True:\\n  for _ in range((yield) or 0):\\n"
         f"   box['k'] = '{text}'", namespace)
    return namespace["suspended"]()
generator = make()
next(generator)
generator.send(10)
from immortal_objects import _core
_core.immortalize_heap((types.GeneratorType,))
assert _core.is_immortal(text) and not _core.is_immortal(generator.gi_code)
_core.drift()
generator.send(1000)
found = _core.drift()
assert all(abs(number) <= 2 for _, number in found), found
"""

# Each allocation of a call fails in turn.
NO_MEMORY = """
import _testcapi
def suspended():
    yield
class Noisy:
    def __del__(self):
        pass
def fail_at(number):
    others, generator = [Noisy() for _ in range(60)], suspended()
    next(generator)
    for other in others:
        _core.immortalize(other)
    failed = False
    _testcapi.set_nomemory(number, number + 1)
    try:
        _core.immortalize(generator)
    except MemoryError:
        failed = True
    finally:
        _testcapi.remove_mem_hooks()
    assert failed or _core.is_immortal(generator)
    generator = None
    junk = [b"\\xee" * size for size in range(16, 1000, 16) for _ in range(100)]
    _core.immortalize([Noisy()])
    sys.exit(3 if failed else 0)
_core.immortalize([1])
ended = []
for number in range(40):
    pid = os.fork()
    if pid == 0:
        fail_at(number)
    ended.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
assert set(ended) == {0, 3}, ended
"""

# Sub-interpreters with the main one's GIL can import any module.
SUBINTERPRETER = """
try:
    import _interpreters
    create = lambda: _interpreters.create("legacy")
    execute = _interpreters.exec
except ImportError:
    import _xxsubinterpreters as _interpreters
    create = lambda: _interpreters.create(isolated=False)
    execute = _interpreters.run_string
other = create()
execute(other, f\"\"\"
import sys
sys.path[:] = {sys.path!r}
import logging
logging.disable()
import immortal_objects
value = ["value"]
assert immortal_objects.immortal(value) is value and not immortal_objects.is_immortal(value)
assert immortal_objects.immortalize_heap() == 0
\"\"\")
_interpreters.destroy(other)
gc.collect()
assert _core.immortalize_heap() > 1000
"""

# What it takes for a main interpreter that was ended and started again.
ANOTHER_LIFE = """
import ctypes
get, dict_of = ctypes.pythonapi.PyInterpreterState_Get, ctypes.pythonapi.PyInterpreterState_GetDict
get.restype, dict_of.restype = ctypes.c_void_p, ctypes.py_object
dict_of.argtypes = [ctypes.c_void_p]
name = "immortal_objects._core"
def again():
    del sys.modules[name]
    return __import__(name).__name__
again()
_core.immortalize([1])
del dict_of(get())[name]
try:
    again()
except ImportError as error:
    assert "ended and started again" in str(error)
else:
    raise AssertionError
"""

GREENLETS = """
import greenlet
main, box = greenlet.getcurrent(), {}
def work():
    local = ["greenlet"]
    box["kept"] = local
    number = main.switch()
    for _ in range(number):
        box["k"] = local if number else None
    main.switch()
def below():
    local = ["below C code"]
    box["below"] = local
    number, = map(lambda _: main.switch(), [0])
    for _ in range(number):
        box["k"] = local if number else None
    main.switch()
def inside():
    def suspended():
        local = ["generator"]
        box["generator"] = local
        for _ in range(main.switch()):
            box["k"] = local if box else None
        yield main.switch()
    list(suspended())
greenlets = [greenlet.greenlet(function) for function in (work, below, inside)]
for each in greenlets:
    each.switch()
_core.immortalize_heap((greenlet.greenlet,) if sys.argv[1] == "mortal" else ())
assert all(map(_core.is_immortal, (box["kept"], box["below"], box["generator"])))
assert _core.is_immortal(greenlets[0]) == (sys.argv[1] == "immortal")
_core.drift()
for each in greenlets:
    each.switch(1000)
found = _core.drift()
# Each one was in a call of switch().
assert all(abs(number) <= len(greenlets) + 1 for _, number in found), found
for each in greenlets:
    each.throw()
"""

# Who has not tracked an object yet may do so later.
UNTRACKED = """
import datetime
capsule = datetime.datetime_CAPI
before = gc.is_tracked(capsule)
_core.immortalize_heap()
assert _core.is_immortal(capsule) and gc.is_tracked(capsule) == before
gc.collect()
"""

# The walk runs no code of the program.
NAMED_LIKE_NUMPY = """
called = []
def buffer(self, flags):
    called.append(flags)
    return memoryview(b"abc")
array = type("numpy.ndarray", (), {"__buffer__": buffer, "base": None})()
_core.immortalize([array])
_core.immortalize_heap()
assert not called
"""

DECOMPRESSED = """
import threading, time, zlib
text = os.urandom(10_000_000).hex().encode()
packed = zlib.compress(text, 1)
results = []
def work():
    results.append(zlib.decompress(packed, bufsize=len(text)))
thread = threading.Thread(target=work)
thread.start()
time.sleep(0.01)
_core.immortalize_heap()
thread.join()
assert hash(results[0]) == hash(text)
"""

BYTES_IO = """
import io
file = io.BytesIO(b"a" * 100)
view = file.getbuffer()
_core.immortalize(file)
_core.immortalize_heap(())
view[0] = ord("b")
view.release()
value = file.getvalue()
assert value[0] == ord("b") and hash(value) == hash(bytes(bytearray(value)))
"""

MARKER = """
import gc
for _ in range(3):
    _core.immortalize_heap()
    _core.immortalize(gc.get_objects())
    gc.collect()
"""

# Between a class that is called and its __init__() lies a frame of the interpreter's own. What it
# does not set is what was there before: references to an object whose memory is gone.
INITIALIZED = """
class Starter:
    def __init__(self, function):
        self.made = function()
def start(function):
    return Starter(function)
names = " = ".join(f"a{number}" for number in range(1000))
exec(f"def fill():\\n {names} = bytes(1 << 26)\\n")
for _ in range(100):
    start(list)
fill()
assert start(_core.immortalize_heap).made > 0
assert _core.drift() == []
"""
