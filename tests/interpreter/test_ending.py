"""Nothing is lost at the end: files are flushed, finalizers run once, exit is clean.

Each program runs in stock, where immortalizing does nothing, and in the patched interpreter,
with some objects or with the whole heap immortal; all must say the same. The order in which an
interpreter clears up is its own affair, so the lines are sorted.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from harness import FIXED, run

PRELUDE = """
import gc, os, sys
MODE, FOLDER = sys.argv[1:]

def immortal(obj, really=MODE == "alone" and gc.immortalize):
    '''Make obj immortal, if this run is about single objects.'''
    return really(obj) if really else obj

def seal(really=MODE == "heap" and gc.immortalize_heap):
    '''Make the heap immortal, if this run is about the heap.'''
    if really:
        really()

def say(*words, write=os.write):
    write(1, (" ".join(map(str, words)) + "\\n").encode())

class Noisy:
    '''Says once for each object that it is finalized.'''
    def __init__(self, name):
        self.name = name
    def __del__(self, say=say):
        say("finalized", self.name)
"""

PROGRAMS = {
    "files": """
        import gzip, io, tempfile
        def path(name): return os.path.join(FOLDER, name)
        text = immortal(open(path("text"), "w"))
        binary = immortal(open(path("binary"), "wb"))
        both = immortal(open(path("both"), "w+b"))
        packed = immortal(gzip.open(path("packed"), "wt"))
        raw = immortal(io.TextIOWrapper(io.BufferedWriter(io.FileIO(path("layers"), "w"))))
        for file in (text, packed, raw):
            file.write("before ")
        binary.write(b"before "), both.write(b"before ")
        seal()
        for file in (text, packed, raw):
            file.write("after " * 1000)
        binary.write(b"after " * 1000), both.write(b"after " * 1000)
        later = immortal(open(path("later"), "w"))
        later.write("opened later")
        del file, text
    """,
    "finalizers": """
        in_module = immortal(Noisy("global"))
        cycle = immortal([Noisy("in cycle")])
        cycle.append(cycle)
        class Holder:
            attribute = Noisy("class attribute")
            def method(self, default=Noisy("default")): pass
        immortal(Holder)
        def closure(value=Noisy("closure")): return lambda: value
        function = immortal(closure())
        me = Noisy("refers to itself")
        me.me = immortal(me)
        sys.modules["made up"] = immortal(Noisy("in sys.modules"))
        table = immortal({Noisy("key"): Noisy("value")})
        immortal(Noisy("dropped at once"))
        seal()
        Noisy("made and dropped later")
        table["mortal in immortal"] = Noisy("mortal in immortal")
        cycle[0].partner = Noisy("mortal partner")
        def add_cycle():
            node = Noisy("mortal cycle in immortal")
            node.me = node
            table["cycle"] = node
        add_cycle()
        late = immortal(Noisy("late"))
        gc.collect()
        del me, late
        gc.collect()
        say("end of program")
    """,
    "finalizer that resurrects": """
        saved = []
        class Again:
            def __init__(self, name): self.name = name
            def __del__(self, say=say):
                say("finalized", self.name)
                saved.append(immortal(self))
        mortal = Again("mortal")
        held = immortal(Again("held"))
        del mortal
        cycle = Again("cycle")
        cycle.me = cycle
        del cycle
        gc.collect()
        seal()
        say([type(o).__name__ for o in saved])
        saved.clear()
        gc.collect()
    """,
    "suspended code": """
        def generator(name, say=say):
            try:
                yield 1
            finally:
                say("closed", name)
        async def coroutine(say=say):
            try:
                await Wait()
            finally:
                say("closed coroutine")
        class Wait:
            def __await__(self): yield 1
        kept = immortal(generator("kept"))
        next(kept)
        finished = immortal(generator("finished"))
        list(finished)
        waiting = immortal(coroutine())
        waiting.send(None)
        seal()
        later = generator("later")
        next(later)
        del later
    """,
    "handlers": """
        import atexit, contextlib, logging.handlers, tempfile, weakref
        atexit.register(say, "atexit before")
        class Thing: pass
        thing, other = immortal(Thing()), immortal([Thing()])
        weakref.finalize(thing, say, "weakref.finalize")
        weakref.finalize(other[0], say, "weakref.finalize in a list")
        folder = immortal(tempfile.TemporaryDirectory(dir=FOLDER))
        file = immortal(tempfile.NamedTemporaryFile(dir=FOLDER, prefix="named"))
        plain = immortal(tempfile.TemporaryFile("w+", dir=FOLDER))
        handler = logging.FileHandler(os.path.join(FOLDER, "log"))
        memory = immortal(logging.handlers.MemoryHandler(100, target=handler))
        logging.getLogger().addHandler(memory)
        logging.warning("before")
        seal()
        logging.warning("after")
        atexit.register(immortal(lambda: say("atexit after")))
        file.write(b"x")
        gc.collect()
    """,
    "threads": """
        import threading, time
        def work(name):
            time.sleep(0.2)
            say("thread done", name)
        thread = immortal(threading.Thread(target=work, args=("immortal",)))
        thread.start()
        seal()
        threading.Thread(target=work, args=("later",)).start()
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    """,
    "immortalizes while it ends": """
        import atexit, weakref
        class Late:
            def __del__(self, say=say, immortal=immortal, seal=seal):
                seal()
                immortal([self])
                say("late")
        @atexit.register
        def ending():
            seal()
            say("ending", len(immortal([Noisy("in atexit")])))
        late = Late()
        noisy = Noisy("global")
    """,
    "during a collection": """
        def callback(phase, info):
            immortal(info)
            try:
                seal()
            except RuntimeError:
                pass
        gc.callbacks.append(callback)
        for i in range(10):
            cycle = [Noisy(i)]
            cycle.append(cycle)
            del cycle
            gc.collect()
        gc.callbacks.clear()
        seal()
    """,
    "children": """
        import warnings
        data = immortal({i: [str(i), Noisy] for i in range(1000)})
        noisy = immortal(Noisy("in each process"))
        file = immortal(open(os.path.join(FOLDER, "shared"), "a"))
        seal()
        file.write("parent ")
        file.flush()
        for number in range(3):
            pid = os.fork()
            if pid == 0:
                gc.collect()
                file.write(f"child {number} ")
                say("child", number, sum(len(v) for v in data.values()))
                sys.exit(number)
            say("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """,
    "children that end in different ways": """
        import atexit, weakref
        class Thing: pass
        things = immortal([Thing() for _ in range(3)])
        for number, thing in enumerate(things):
            weakref.finalize(thing, lambda n=number: say("weakref.finalize", n, who))
        atexit.register(lambda: say("atexit", who))
        class Named(Noisy):
            def __del__(self, say=say, pid=os.getpid, parent=os.getpid()):
                say("finalized", self.name, "in parent" if pid() == parent else "in child")
        noisy = immortal(Named("global"))
        cycle = immortal([Named("in cycle")])
        cycle.append(cycle)
        late = immortal({})
        text = immortal(open(os.path.join(FOLDER, "text"), "a"))
        text.write("buffered before the fork ")
        binary = immortal([open(os.path.join(FOLDER, "binary"), "ab")])
        who = "parent"
        seal()
        for end in ("sys.exit", "os._exit", "return"):
            pid = os.fork()
            if pid == 0:
                who = "child: " + end
                text.write(who)
                binary[0].write(who.encode())
                late["file"] = open(os.path.join(FOLDER, end), "w")
                late["file"].write("opened by the child")
                late["noisy"] = Named("made by the child")
                weakref.finalize(noisy, lambda: say("weakref.finalize by", who))
                atexit.register(lambda: say("atexit by", who))
                if end == "sys.exit":
                    sys.exit(3)
                if end == "os._exit":
                    os._exit(4)
                break
            say("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        else:
            text.write("parent at the end")
    """,
    "temporary files of children": """
        import logging.handlers, tempfile
        outer = immortal(tempfile.TemporaryDirectory(dir=FOLDER))
        seal()
        handler = logging.FileHandler(os.path.join(FOLDER, "log"))
        memory = logging.handlers.MemoryHandler(100, target=handler)
        logging.getLogger().addHandler(memory)
        logging.warning("parent")
        pid = os.fork()
        if pid == 0:
            logging.warning("child")
            inner = tempfile.TemporaryDirectory(dir=FOLDER)
            named = tempfile.NamedTemporaryFile(dir=FOLDER)
            named.write(b"x")
            say(len(os.listdir(FOLDER)), os.path.exists(outer.name))
            sys.exit()
        os.waitpid(pid, 0)
        say(sorted(os.listdir(FOLDER)), os.path.exists(outer.name))
    """,
    "process pools": """
        import concurrent.futures, multiprocessing, operator
        context = multiprocessing.get_context("fork")
        table = immortal({i: str(i) for i in range(1000)})
        seal()
        with context.Pool(2) as pool:
            say(sum(pool.map(len, list(table.values()))))
        with concurrent.futures.ProcessPoolExecutor(2, context) as executor:
            say(list(executor.map(operator.neg, range(5))))
        queue = immortal(context.Queue())
        process = context.Process(target=queue.put, args=("through a queue",))
        process.start()
        say(queue.get(timeout=60))
        process.join(60)
        say(process.exitcode)
    """,
    "event loop left behind": """
        import asyncio
        async def forever(say=say):
            try:
                await asyncio.sleep(1000)
            finally:
                say("cancelled")
        async def main():
            task = immortal(asyncio.create_task(forever()))
            await asyncio.sleep(0)
            seal()
            await asyncio.sleep(0.01)
            return task
        task = asyncio.run(main())
        say(task.cancelled())
    """,
}


def outcome(python: Path, mode: str, program: str, folder: Path) -> tuple[list[str], list[str]]:
    """Run *program*; return its lines, sorted, and what the files hold that it left."""
    folder.mkdir()
    lines = sorted(run(python, PRELUDE + "if True:\n" + program, mode, str(folder)).splitlines())
    files = []
    for path in sorted(folder.iterdir()):
        read = gzip.open if path.name == "packed" else open
        with read(path, "rb") as file:
            content = file.read()
        files.append(f"{path.name}: {len(content)} {hashlib.sha256(content).hexdigest()}")
    return lines, files


@pytest.mark.parametrize("mode", ("nothing", "alone", "heap"))
@pytest.mark.parametrize("name", PROGRAMS)
def test_ending(patched: Path, stock: Path, tmp_path: Path, name: str, mode: str) -> None:
    expected, files = outcome(stock, "nothing", PROGRAMS[name], tmp_path / "stock")
    lines, ours = outcome(patched, mode, PROGRAMS[name], tmp_path / "patched")
    assert lines == expected
    assert ours == files


@pytest.mark.parametrize(
    ("code", "status", "stderr"),
    [
        ("sys.exit(3)", 3, ""),
        ("raise SystemExit('message')", 1, "message\n"),
        ("os._exit(4)", 4, ""),
        ("raise ValueError('x')", 1, "ValueError: x\n"),
        ("import signal; os.kill(os.getpid(), signal.SIGTERM)", -15, ""),
        ("raise KeyboardInterrupt", -2, "KeyboardInterrupt\n"),
    ],
)
def test_status(patched: Path, code: str, status: int, stderr: str) -> None:
    program = f"import gc, os, sys\nprint('before', flush=True)\ngc.immortalize_heap()\n{code}"
    done = subprocess.run(
        [patched, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, **FIXED},
        check=False,
    )
    assert (done.returncode, done.stdout) == (status, "before\n")
    assert done.stderr.endswith(stderr) and bool(done.stderr) == bool(stderr)


def test_out_of_memory(patched: Path) -> None:
    """Wherever memory runs out, there is a MemoryError and a heap that still works."""
    code = """if True:
    import gc, sys
    try:
        import _testcapi
    except ImportError:
        sys.exit("no _testcapi")
    def make():
        return {str(i): [(i, range(i << 70)), compile(f"a + {i}", "f", "eval")] for i in range(50)}
    failed = done = 0
    for heap in (False, True):
        for start in range(0, 60):
            data = make()
            _testcapi.set_nomemory(start, 0)
            try:
                gc.immortalize_heap() if heap else gc.immortalize(data)
                done += 1
            except MemoryError:
                failed += 1
            finally:
                _testcapi.remove_mem_hooks()
            data["more"] = data
            gc.collect()
            assert eval(data["7"][1], {"a": 1}) == 8 and len(data) == 51
            gc.immortalize(data)
            assert gc.is_immortal(data["49"][0])
    assert failed and done, (failed, done)
    print("done")
    """
    assert run(patched, code) == "done\n"
