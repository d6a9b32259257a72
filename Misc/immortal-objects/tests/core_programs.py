"""Programs of test_core.py: each runs in a process of its own, with _core, gc, os, sys imported."""

WHOLE_HEAP = """
import datetime, json, threading
class Item:
    def __init__(self, n):
        self.n = [n]
def text(n):
    return "".join(["text ", str(n)])
kept = {text(i): (text(-i), [Item(i), {text(i): (i * 1.5,)}]) for i in range(1000)}
zone = datetime.timezone(datetime.timedelta(hours=1), text(0))
values = [text(1), (text(2), 2.5), {text(3)}, range(10**20, 10**21), Item.__init__.__code__,
          datetime.datetime(2000, 1, 1, tzinfo=zone), compile("a = 'constant', 1e10", "f", "exec")]
assert _core.immortalize_heap() > 5000
seen = set()
def check(obj):
    if id(obj) in seen or isinstance(obj, type(sys)):
        return
    seen.add(id(obj))
    assert _core.is_immortal(obj), (type(obj), obj)
    if isinstance(obj, dict):
        parts = [*obj, *obj.values()]
    elif isinstance(obj, (list, tuple, set, frozenset)):
        parts = list(obj)
    elif isinstance(obj, range):
        parts = [obj.start, obj.stop, obj.step]
    elif isinstance(obj, type(check.__code__)):
        parts = [obj.co_consts, obj.co_names, obj.co_filename, obj.co_name, obj.co_linetable]
    elif isinstance(obj, datetime.datetime):
        parts = [obj.tzinfo, obj.tzinfo.tzname(None)]
    elif isinstance(obj, Item):
        parts = [obj.n, type(obj), *vars(type(obj)).values()]
    else:
        parts = []
    for part in parts:
        check(part)
for value in (kept, values, json.dumps.__code__, sys.modules):
    check(value)
before = len(gc.get_objects())
gc.collect()
assert before < 500, before
assert not _core.is_immortal([])
"""

SINGLE = """
import types
module_global = ["global"]
def function(a=["default"]):
    return module_global
class Class:
    attribute = ["attribute"]
    def method(self):
        return module_global
def suspended():
    local = ["local"]
    yield local
generator = suspended()
local = next(generator)
holder = [function, Class, Class(), generator, {"k": {("t",): 1.5}}, types]
assert _core.immortalize(holder) is holder
for obj in (holder, function, function.__defaults__[0], Class, Class.attribute, Class.method,
            local, holder[4]["k"], next(iter(holder[4]["k"]))):
    assert _core.is_immortal(obj), obj
for obj in (module_global, globals(), types, sys):
    assert not _core.is_immortal(obj), obj
holder.append([1, [2]])
assert not _core.is_immortal(holder[-1])
_core.immortalize(holder)
assert _core.is_immortal(holder[-1][1])
main = sys.modules["__main__"]
main.value = ["value"]
assert _core.immortalize(main) is main and _core.immortalize(main) is main
assert _core.is_immortal(main.value)
class Sub(bytearray): pass
inside = [bytearray(1), Sub(b"2"), [3.5]]
_core.immortalize(inside, (bytearray, set))
assert [_core.is_immortal(obj) for obj in inside] == [False, False, True]
assert _core.is_immortal(_core.immortalize(inside[0], (bytearray,)))
for wrong, word in (((sys._getframe(),), "frame"), (([], (1,)), "types"), (([], [int]), "tuple")):
    try:
        _core.immortalize(*wrong)
    except TypeError as error:
        assert word in str(error), error
    else:
        raise AssertionError
"""

DEEP = """
lists, tuples, code = [], (), compile("x = 1", "file", "exec")
for i in range(300_000):
    lists, tuples = [lists], (tuples,)
for i in range(20_000):
    code = code.replace(co_consts=(code, f"text {i}"))
_core.immortalize(code)
_core.immortalize(lists)
_core.immortalize_heap()
for i in range(300_000):
    assert _core.is_immortal(lists) and _core.is_immortal(tuples)
    lists, tuples = lists[0], tuples[0]
os._exit(0)
"""

# The number of stores is the first argument; the second says what becomes immortal.
DRIFT = """
import asyncio, json, re, threading
NUMBER, what = int(sys.argv[1]), sys.argv[2]
box = {}
def constants(number):
    for _ in range(number):
        box["s"] = "a constant"; box["f"] = 12.5; box["t"] = (1, 2, "three"); box["i"] = 123456789
def suspended(value):
    while True:
        for _ in range((yield) or 0):
            box["g"] = value; pair = [value, value]; pair.clear()
class Item:
    def work(self, number):
        for _ in range(number):
            self.a = "attribute"; self.b = self; box["self"] = self
class Pause:
    def __await__(self):
        yield
async def coroutine(value, number):
    while True:
        await Pause()
        for _ in range(number):
            box["c"] = value
def thread(value=None):
    value = ["thread"]
    ready.set()
    for event in go:
        event.wait()
        for _ in range(NUMBER):
            box["h"] = value
        done.pop().set()
def all_work(item, generator, waiting, event, finished):
    event.set()
    constants(NUMBER); generator.send(NUMBER); item.work(NUMBER); waiting.send(None)
    for _ in range(max(1, NUMBER // 10_000)):
        json.loads(json.dumps({"a": [1, 2, {"b": None}]})); re.match("a.c", "abc")
    finished.wait()
ready = threading.Event()
go = [threading.Event(), threading.Event()]
finished = [threading.Event(), threading.Event()]
done = finished[::-1]
worker = threading.Thread(target=thread)
def main():
    item, local = Item(), ["local"]
    values = [["generator"], ["coroutine"]]
    generator = suspended(values[0]); next(generator)
    waiting = coroutine(values[1], NUMBER); waiting.send(None)
    constants(100); item.work(100); generator.send(10)  # so that the code is specialized
    worker.start(); ready.wait()
    if what == "heap":
        _core.immortalize_heap()
    elif what == "mortal":
        import types
        _core.immortalize_heap((types.GeneratorType, types.CoroutineType))
    else:
        _core.immortalize([item, local, values, constants.__code__.co_consts])
    assert _core.is_immortal(constants.__code__.co_consts[-2]) and _core.is_immortal(values[0])
    for i in range(2):
        for _ in range(NUMBER):
            box["l"] = local
        all_work(item, generator, waiting, go[i], finished[i])
        found = _core.drift()
        # References that were on their way account for one or two each.
        assert all(abs(number) <= 2 for _, number in found), found
    worker.join()
    waiting.close()
main()
"""

# What the first argument says becomes immortal; files are made in the folder given second.
SHARED = """
def memory():
    with open("/proc/self/smaps_rollup") as lines:
        fields = [line.split() for line in lines if line.endswith("kB\\n")]
    return {name.rstrip(":"): int(size) * 1024 for name, size, _ in fields}
records = {f"record {i}": (f"name {i}", [i * 1000, i / 7], {"city": f"city {i % 977}"})
           for i in range(100_000)}
immortal = sys.argv[1] == "heap" and _core.immortalize_heap()
sys.stdout.flush()
if os.fork() == 0:
    before = memory()
    total = 0
    for key, (name, numbers, place) in records.items():
        total += len(key) + len(name) + sum(numbers) + len(place["city"]) + hash(name)
    gc.collect()
    after = memory()
    print(before["Shared_Dirty"] - after["Shared_Dirty"], after["Rss"], flush=True)
    os._exit(0)
os.wait()
"""

AGAIN = """
data = {i: {"n": str(i)} for i in range(20_000)}
_core.immortalize_heap()
sizes = []
for number in range(30):
    jobs = [{"id": i, "payload": str(i) * 50} for i in range(1000)]
    assert _core.immortalize_heap() < 1000
    assert not _core.is_immortal(jobs[0])
    sizes.append(len(gc.get_objects()))
data["more"] = more = {i: {"n": str(i)} for i in range(20_000)}
_core.immortalize_heap()
assert _core.is_immortal(more[5]["n"]), "so much is new that it was loaded now"
"""

UNFINISHED = """
def items(number, at):
    for i in range(number):
        if i == at:
            _core.immortalize_heap()
        yield i + 1000
for number in 1, 2, 11, 30:
    for at in range(0, number, 3):
        expected = tuple(range(1000, 1000 + number))
        assert tuple(items(number, at)) == expected
        assert (*items(number, at),) == expected
        assert (lambda *args: args)(*items(number, at)) == expected
        made = frozenset(items(number, at))
        assert made == frozenset(expected) and {made: 1}[frozenset(expected)] == 1
"""

MORTAL = """
class Own:
    def __init__(self):
        self.only_here = ["x"]
class Sub(Own): pass
objects = [Own(), Sub()]
view = memoryview(bytearray(b"abc"))
_core.immortalize_heap((Own, memoryview))
assert not any(map(_core.is_immortal, [*objects, objects[0].only_here, view]))
assert _core.is_immortal(objects) and _core.is_immortal(Own)
found = _core.census()
assert found["mortal type"][Own][0] == 1 and found["mortal type"][Sub][0] == 1
assert found["immortal"][str][0] > 1000 and found["immortal"][dict][1] > 10_000
class Unhashable(type):
    def __eq__(cls, other):
        raise AssertionError
class Odd(metaclass=Unhashable): pass
odd = Odd()
_core.census()
for wrong in (1,), [int]:
    try:
        _core.immortalize_heap(wrong)
    except TypeError:
        pass
    else:
        raise AssertionError(wrong)
"""

EMPTIED = """
import weakref
_core.immortalize_heap()
saved = dict(sys.modules)
del saved["immortal_objects._end"]
sys.modules.clear()
sys.modules.update(saved)
class Noisy:
    def __del__(self, write=os.write):
        write(1, b"finalized\\n")
noisy = _core.immortalize(Noisy())
"""

# What malloc() keeps of memory that was freed below other blocks goes back to the system.
TRIMMED = """
def rss():
    with open("/proc/self/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Rss:"))

blocks = [bytes(3000) for _ in range(10_000)]
del blocks[:-100]
before = rss()
_core.immortalize_heap()
print(before - rss())
"""
