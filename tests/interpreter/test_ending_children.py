"""Nothing is lost at the end of forked children and pools, and theirs is not done twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from interpreter.ended import MODES, check

PROGRAMS = {
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
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_ending(patched: Path, stock: Path, tmp_path: Path, name: str, mode: str) -> None:
    check(stock, patched, tmp_path, PROGRAMS[name], mode)
