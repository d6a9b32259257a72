"""Threads that work while another immortalizes, and sub-interpreters."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import run

WHILE_THREADS_WORK = """
import collections, gc, re, sys, threading, time
sys.setswitchinterval(1e-5)
MODE = sys.argv[1]
stop, results, errors = threading.Event(), collections.Counter(), []

class Node:
    def __init__(self, value):
        self.value = value
        self.next = None

shared = {"lists": [[]] * 10, "table": {}, "pattern": re.compile("([0-9]+)-([a-z]+)")}

def lists(n):
    data = [[i] for i in range(50)]
    data.sort(key=lambda item: -item[0])
    shared["lists"][n % 10] = data
    return sum(item[0] for item in data)

def tables(n):
    table = {f"key {i}": {"value": i, "self": None} for i in range(50)}
    table["key 1"]["self"] = table
    shared["table"][n % 7] = table
    return len(table)

def objects(n):
    first = last = Node(0)
    for i in range(30):
        last.next = Node(i)
        last = last.next
        setattr(last, f"attribute{n % 11}", first)
    return last.value

def generators(n):
    def inner(x):
        got = yield x
        while got:
            got = yield got * 2
    made = [inner(i) for i in range(10)]
    return sum(next(g) for g in made) + sum(g.send(1) for g in made)

def classes(n):
    made = type("Made", (Node,), {"method": lambda self: self.value + 1, "__slots__": ("extra",)})
    instance = made(n % 3)
    instance.extra = instance
    return instance.method() - n % 3

def strings(n):
    text = " ".join(f"{i}-word{i}" for i in range(20))
    return len(shared["pattern"].findall(text)) + len(sys.intern(text + str(n % 5))) * 0

def exceptions(n):
    try:
        try:
            raise KeyError(n)
        except KeyError as error:
            raise ValueError([n]) from error
    except ValueError as error:
        return len(error.args) + (error.__cause__.args[0] == n)

WORK = {
    lists: 1225, tables: 50, objects: 29, generators: 65, classes: 1, strings: 20, exceptions: 2
}

def worker(function, expected):
    n = 0
    while not stop.is_set():
        n += 1
        got = function(n)
        if got != expected:
            errors.append((function.__name__, got))
            break
    results[function.__name__] += n

threads = [threading.Thread(target=worker, args=item) for item in WORK.items()]
for thread in threads:
    thread.start()
end = time.monotonic() + 3
turns = 0
while time.monotonic() < end and turns < 60:
    turns += 1
    if MODE == "heap" and turns % 4 == 0:
        gc.immortalize_heap()
    else:
        gc.immortalize(shared)
    gc.collect(turns % 3)
    time.sleep(0.02)
stop.set()
for thread in threads:
    thread.join()
assert not errors, errors
assert len(results) == len(WORK) and all(results.values()), results
print(turns > 1)
"""

WAITING = """
# Threads that wait in the middle of an expression, with values that no variable holds.
import gc, queue, select, socket, threading
answers, ready, go = queue.Queue(), threading.Semaphore(0), threading.Event()

def wait():
    ready.release()
    assert go.wait(60)
    return "waited"

class Manager:
    def __enter__(self): return ["entered"]
    def __exit__(self, *args): answers.put(("exit", args[0] and args[0].__name__))

def temporaries():
    answers.put(("temporaries", ["a" + str(1)] + [{"b": [2.5 * len("xx")]}, wait(), *[[3]]]))

def handling():
    try:
        raise ValueError(["value"])
    except ValueError as error:
        answers.put(("handling", wait(), error.args))

def managing():
    with Manager() as entered:
        answers.put(("managing", entered, wait()))
        raise SystemExit

def generating():
    def inner():
        held = [["held"]]
        yield wait()
        yield held
    answers.put(("generating", list(inner())))

def calling():
    def function(*args, key, **kwargs): return args, key, kwargs
    answers.put(("calling", function([1], *([2],), key=wait(), other={"x": [4]})))

def sorting():
    answers.put(("sorting", sorted([[3], [1], [2]], key=lambda item: (wait(), item))))

def selecting():
    one, two = socket.socketpair()
    with one, two:
        ready.release()
        select.select([one], [], [], 60)
        answers.put(("selecting", one.recv(10), wait()))

functions = [temporaries, handling, managing, generating, calling, sorting, selecting]
threads = [threading.Thread(target=function) for function in functions]
for thread in threads:
    thread.start()
for thread in threads:
    ready.acquire()
gc.immortalize_heap()
for _ in range(5):
    gc.collect()
for obj in gc.get_objects():
    if isinstance(obj, socket.socket) and obj.fileno() >= 0:
        obj.send(b"x")
go.set()
for thread in threads:
    thread.join(60)
del threads, thread, obj
gc.collect()
got = {}
while not answers.empty():
    name, *rest = answers.get()
    got[name] = rest
assert got == {
    "temporaries": [["a1", {"b": [5.0]}, "waited", [3]]],
    "handling": ["waited", (["value"],)],
    "managing": [["entered"], "waited"],
    "exit": ["SystemExit"],
    "generating": [["waited", [["held"]]]],
    "calling": [(([1], [2]), "waited", {"other": {"x": [4]}})],
    "sorting": [[[1], [2], [3]]],
    "selecting": [b"x", "waited"],
}, got
print(True)
"""

INTERPRETERS = """
# Sub-interpreters come and go; each may have immortal objects, and so may the main one.
import _xxsubinterpreters as interpreters, gc, textwrap, sys
MODE = sys.argv[1]
plain = '''if True:
    import collections, gc, json, re, weakref, sys
    class Class:
        attribute = {"key": [1, 2]}
        def method(self): return json.dumps([re.sub("a", "b", "aaa"), self.attribute])
        def __del__(self): pass
    obj = Class()
    obj.me = obj
    ref = weakref.ref(obj)
    Pair = collections.namedtuple("Pair", "a b")
    def generator():
        yield Pair(1, [2])
        yield 3
    started = generator()
    next(started)
'''
after = '''if True:
    assert obj.method() == json.dumps(["bbb", {"key": [1, 2]}])
    assert next(started) == 3
    del obj
    gc.collect()
    extra = [Class() for _ in range(100)]
    sys.modules["extra"] = extra
'''
alone = plain + "    gc.immortalize([Class, obj, started, Pair])\\n"
heap = plain + "    gc.immortalize_heap()\\n"
if MODE == "main":
    gc.immortalize_heap()
for turn in range(6):
    for script in (plain, alone, heap) if MODE != "plain" else (plain,):
        interpreter = interpreters.create()
        interpreters.run_string(interpreter, script)
        if MODE == "both" and turn == 2:
            gc.immortalize_heap()
        interpreters.run_string(interpreter, after)
        interpreters.destroy(interpreter)
        gc.collect()
        assert eval("[{}, (1, 'x')]") == [{}, (1, "x")]
left = interpreters.create()                     # never destroyed: goes with the process
interpreters.run_string(left, heap)
print(True)
"""


@pytest.mark.parametrize("mode", ("alone", "heap"))
def test_threads_work(patched: Path, mode: str) -> None:
    assert run(patched, WHILE_THREADS_WORK, mode) == "True\n"


def test_threads_wait(patched: Path) -> None:
    assert run(patched, WAITING, env={"PYTHONMALLOC": "debug"}) == "True\n"


@pytest.mark.parametrize("mode", ("plain", "inside", "main", "both"))
def test_interpreters(patched: Path, mode: str) -> None:
    assert run(patched, INTERPRETERS, mode) == "True\n"
