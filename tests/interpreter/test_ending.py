"""Nothing is lost at the end: files are flushed, finalizers run once, exit is clean.

Each program runs in stock, where immortalizing does nothing, and in the patched interpreter,
with some objects or with the whole heap immortal; all must say the same. The order in which an
interpreter clears up is its own affair, so the lines are sorted.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from harness import FIXED
from interpreter.ended import MODES, check

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


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_ending(patched: Path, stock: Path, tmp_path: Path, name: str, mode: str) -> None:
    check(stock, patched, tmp_path, PROGRAMS[name], mode)


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
