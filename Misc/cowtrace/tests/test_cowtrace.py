import gc
import html.parser
import json
import os
import py_compile
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest
import zipfile
from test.support import check_sanitizer, os_helper, requires_fork
from test.support.import_helper import import_module
from test.support.script_helper import assert_python_failure

if check_sanitizer(address=True, memory=True):
    raise unittest.SkipTest("cowtrace looks at memory that a sanitizer guards")

cowtrace = import_module("cowtrace")
from cowtrace import _report, _symbols, _trace

BACKENDS = cowtrace.backends()

# What a child does; how it ends comes after that.
READ = """
import os, sys
records = [str(i) for i in range(1000, 21000)]
pid = os.fork()
if pid == 0:
    total = 0
    for record in records:              # line 7
        total += len(record)
"""
WAIT = """
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def child(body, before=""):
    """Return a program whose child does what *body* says."""
    return (
        textwrap.dedent(before) + "import os, sys\npid = os.fork()\n"
        "if pid == 0:\n" + textwrap.indent(textwrap.dedent(body), "    ") + WAIT
    )


class RunMixin:
    def run_cowtrace(self, code, *options, status=0):
        """Run *code*; return (report, what it printed, standard error)."""
        with tempfile.TemporaryDirectory() as directory:
            script = os.path.join(directory, "script.py")
            report = os.path.join(directory, "report.json")
            with open(script, "w") as file:
                file.write(code)
            done = subprocess.run(
                [sys.executable, "-m", "cowtrace", "--json", report, *options, script, "argument"],
                capture_output=True,
                text=True,
                timeout=300,
            )
            self.assertEqual(done.returncode, status, done.stderr)
            with open(report) as file:
                return json.load(file), done.stdout, done.stderr

    def need_system_calls(self):
        if self.backend != "userfaultfd":
            self.skipTest("a system call may fail with EFAULT")

    def pages(self, report, **wanted):
        """Count the pages whose cause is as wanted."""
        return sum(
            writer["pages"]
            for writer in report["writers"]
            if all(writer[key] == value for key, value in wanted.items())
        )


@requires_fork()
class ChildTests(RunMixin):
    """With one backend; a class for each follows."""

    backend = None

    def run_child(self, code, *options, **kwargs):
        report, out, err = self.run_cowtrace(
            code, "--backend", self.backend, "--quiet", *options, **kwargs
        )
        self.assertEqual(err, "")
        self.assertEqual({process["backend"] for process in report["processes"]}, {self.backend})
        return report

    def test_reference_counts(self):
        report = self.run_child(READ + "    os._exit(0)\n" + WAIT)
        # Hundreds of pages of strings: half as many where words are short.
        strings = self.pages(
            report, type="str", part="reference count", memory="pymalloc arenas", line=7
        )
        self.assertGreater(strings, 100)
        self.assertEqual(report["pages"] * report["page_size"], report["bytes"])
        for counts in report["by"].values():
            self.assertEqual(sum(counts.values()), report["pages"])
        self.assertLessEqual(report["pages"], report["shared_pages"])
        (process,) = report["processes"]
        self.assertLessEqual(report["shared_pages"], process["resident_pages"])

    def test_collection(self):
        report = self.run_child(
            child(
                """
            gc.collect()
            os._exit(0)
            """,
                "import gc\nlists = [[] for i in range(20000)]\n",
            )
        )
        self.assertGreater(self.pages(report, type="list", part="GC header"), 100)

    def test_exit(self):
        for end, status in (("sys.exit(3)", 3), ("pass", 0), ("os._exit(4)", 4)):
            with self.subTest(end=end):
                code = READ + f"    {end}\nelse:" + textwrap.indent(WAIT, "    ")
                report = self.run_child(code, status=status)
                at_exit = self.pages(report, exit=True)
                if "_exit" in end:
                    self.assertEqual(at_exit, 0)
                else:
                    self.assertGreater(at_exit, 10)
                    self.assertEqual(
                        self.pages(self.run_child(code, "--no-exit", status=status), exit=True), 0
                    )

    def test_crash(self):
        report = self.run_child(
            READ
            + "    os.kill(os.getpid(), 9)\n"
            + WAIT.replace("sys.exit(", "assert -9 == (").replace("[1]))", "[1]))\n")
        )
        self.assertGreater(self.pages(report, line=7), 100)
        report = self.run_child(
            READ + "    os.kill(os.getpid(), 11)\n" + WAIT.replace("sys.exit(", "assert -11 == (")
        )
        self.assertGreater(self.pages(report, line=7), 100)

    def test_threads(self):
        report = self.run_child(
            child(
                """
            def work(n):
                for block in blocks[n::4]:
                    block[0] = block[-1] = n

            threads = [threading.Thread(target=work, args=(n,))
                       for n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert [block[0] for block in blocks[:8]] == [0, 1, 2, 3] * 2
            os._exit(0)
            """,
                """
            import threading
            blocks = [bytearray(9000) for i in range(400)]
            """,
            )
        )
        self.assertGreater(self.pages(report, python_function="work"), 400)

    def test_signals(self):
        report = self.run_child(
            child(
                """
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            for numbers in lists:
                numbers[-1] += 1
                signal.raise_signal(signal.SIGUSR1)
                os.kill(os.getpid(), signal.SIGUSR2)
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert len(hits) >= 2 * len(lists), len(hits)
            os._exit(0)
            """,
                """
            import signal
            lists = [[0] * 5000 for i in range(200)]
            hits = []
            for number in signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM:
                signal.signal(number, lambda *args: hits.append(args[0]))
            """,
            )
        )
        self.assertGreater(report["pages"], 200)

    def test_interrupted_call(self):
        self.run_child(
            child(
                """
            signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
            threading.Timer(0.1, os.write, (w, b"done")).start()
            assert os.read(r, 4) == b"done"     # restarted, after EINTR
            assert hits
            os._exit(0)
            """,
                """
            import os, signal, threading
            r, w = os.pipe()
            hits = []
            signal.signal(signal.SIGALRM, lambda *args: hits.append(0))
            """,
            )
        )

    def test_grandchild(self):
        report = self.run_child(
            child(
                """
            pid = os.fork()
            if pid == 0:
                for block in blocks[100:]:
                    block[0] = 1
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
            for block in blocks[:50]:
                block[0] = 1
            os._exit(0)
            """,
                "blocks = [bytearray(9000) for i in range(300)]\n",
            )
        )
        first, second = sorted(report["processes"], key=lambda process: process["pages"])
        self.assertEqual(second["ppid"], first["pid"])
        self.assertGreaterEqual(first["pages"], 50)
        self.assertGreaterEqual(second["pages"], 200)

    def test_fork_in_a_thread(self):
        report = self.run_child(
            textwrap.dedent("""
            import os, threading
            blocks = [bytearray(9000) for i in range(300)]

            def fork():
                pid = os.fork()
                if pid == 0:
                    for block in blocks:
                        block[0] = 1
                    os._exit(0)
                assert os.waitpid(pid, 0)[1] == 0

            thread = threading.Thread(target=fork)
            thread.start()
            thread.join()
            """)
        )
        self.assertGreaterEqual(self.pages(report, python_function="fork"), 300)

    def test_last_thread_ends(self):
        # The process does as well, although the tracer has a thread.
        for end in "return", "sys.exit()":
            with self.subTest(end=end):
                report = self.run_child(
                    textwrap.dedent(f"""
                    import os, sys, threading
                    blocks = [bytearray(9000) for i in range(300)]

                    def write(first):
                        first.join()
                        for block in blocks:
                            block[0] = 1

                    def fork():
                        pid = os.fork()
                        if pid == 0:
                            first = threading.current_thread()
                            threading.Thread(target=write,
                                             args=(first,)).start()
                            {end}
                        statuses.append(os.waitpid(pid, 0)[1])

                    statuses = []
                    thread = threading.Thread(target=fork)
                    thread.start()
                    thread.join()
                    assert statuses == [0], statuses
                    """)
                )
                self.assertGreaterEqual(self.pages(report, python_function="write"), 300)

    def test_descriptors(self):
        # The tracer must survive, and keep no pipe open.
        report = self.run_child(
            child(
                """
            os.close(w)
            assert os.read(r, 1) == b""
            os.closerange(3, 4096)
            for i in range(3, 40):
                os.open(os.devnull, os.O_WRONLY)
            for block in blocks:
                block[0] = 1
            os._exit(0)
            """,
                """
            import os
            r, w = os.pipe()
            blocks = [bytearray(9000) for i in range(300)]
            """,
            ).replace("if pid == 0:", "os.close(w) if pid else None\nif pid == 0:")
        )
        if self.backend != "mprotect":
            self.assertGreaterEqual(report["pages"], 300)

    def test_subprocess(self):
        self.need_system_calls()
        self.run_child(
            child(
                """
            for options in {}, {"preexec_fn": int}, {"close_fds": False}:
                done = subprocess.run([sys.executable, "-c", "print(1)"],
                                      stdout=subprocess.PIPE, **options)
                assert done.stdout == b"1\\n", done
            os._exit(0)
            """,
                "import subprocess\n",
            )
        )

    def test_exec(self):
        report = self.run_child(
            child("""
            os.execv(sys.executable, [sys.executable, "-c", "exit(5)"])
            """),
            status=5,
        )
        self.assertGreater(report["pages"], 0)

    def test_multiprocessing(self):
        self.need_system_calls()
        report = self.run_child(
            textwrap.dedent("""
            import multiprocessing

            def work(n):
                return sum(len(record) for record in records[n::2])

            if __name__ == "__main__":
                records = [str(i) for i in range(1000, 21000)]
                context = multiprocessing.get_context("fork")
                with context.Pool(2) as pool:
                    assert sum(pool.map(work, range(2))) == 91000
            """)
        )
        self.assertEqual(len(report["processes"]), 2)

    def test_classes_of_the_child(self):
        report = self.run_child(
            child(
                """
            class Local:
                pass
            for i in range(len(slots)):
                slots[i] = Local()
            for local in slots:
                local.attribute = 1
            os._exit(0)
            """,
                "slots = [None] * 5000\n",
            )
        )
        self.assertGreater(report["pages"], 0)


for _backend in ("userfaultfd", "userfaultfd-user", "mprotect"):
    _name = _backend.title().replace("-", "") + "Tests"
    globals()[_name] = unittest.skipUnless(
        _backend in BACKENDS, f"{_backend} is not permitted here"
    )(type(_name, (ChildTests, unittest.TestCase), {"backend": _backend, "__module__": __name__}))


@unittest.skipUnless("userfaultfd" in BACKENDS, "userfaultfd(2) needs privilege")
@requires_fork()
class SystemCallTests(RunMixin, unittest.TestCase):
    def test_read_into_protected_memory(self):
        report, out, err = self.run_cowtrace(
            child(
                """
            os.write(w, b"x" * 60000)
            for block in blocks:
                assert os.readv(r, [block]) == 3000
                assert block == b"x" * 3000
            os._exit(0)
            """,
                """
            import os
            r, w = os.pipe()
            blocks = [bytearray(3000) for i in range(20)]
            """,
            )
        )
        self.assertTrue(any(writer["system_call"] is not None for writer in report["writers"]))


@requires_fork()
@unittest.skipUnless(hasattr(gc, "immortalize_heap"), "needs gc.immortalize_heap()")
class SharedHeapTests(unittest.TestCase):
    # Its child ends where the program does.
    CODE = textwrap.dedent("""
        import cowtrace, gc, os
        records = [str(i) for i in range(20000)]
        cowtrace.follow(os.environ["COWTRACE_DIRECTORY"])
        def work():
            sum(map(len, records))
        work()
        gc.immortalize_heap()
        if os.fork() == 0:
            work()
        else:
            assert os.wait()[1] == 0
        """)

    # How many pages a process may copy when it ends, whatever its heap
    PAGES_AT_END = 64

    def check(self, *command, **options):
        """Run *command*: Python code writes to no object of the sealed heap."""
        data, by_code, written = self.writes(*command, **options)
        self.assertEqual(by_code, [])
        pages = sum(writer["pages"] for writer in written)
        self.assertLessEqual(pages, self.PAGES_AT_END, written)
        return data

    def writes(self, *command, **options):
        """Run *command*; return the report, the writes of Python code to the
        sealed heap, and these and those of the interpreter."""
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run(
                [sys.executable, *command],
                check=True,
                env={**os.environ, "COWTRACE_DIRECTORY": directory},
                timeout=300,
                **options,
            )
            data = cowtrace.read(directory).data
        self.assertEqual(len(data["processes"]), 1)
        self.assertGreater(data["shared_pages"], 300)
        # Variables of C may share a page with static objects.  Objects of more
        # than 512 bytes lie among the blocks of malloc(), which changes its
        # own data and blocks that are free beside them; writes to the objects
        # themselves count.  The hooks of a debug build overwrite what is
        # freed.
        written = [
            writer
            for writer in data["writers"]
            if writer["immortal"]
            and (writer["memory"] != "malloc heap" or writer["immortal_object"])
            and (not writer["memory"].startswith("static data") or writer["part"] == "hash")
            and not writer["function"].startswith("_PyMem_Debug")
        ]
        # What the library does after each fork counts like the end.
        library = ("threading.py", "_weakrefset.py", os.path.join("logging", "__init__.py"))
        by_code = [
            writer
            for writer in written
            if writer["python_function"]
            and not writer["exit"]
            and not writer["file"].endswith(library)
        ]
        return data, by_code, written

    def test_writes_to_large_objects(self):
        # The other tests mean something: a write to an object of more than
        # 512 bytes counts, and a new block beside it does not.
        large = (
            textwrap.dedent("""
            class Large:
                __slots__ = [f"slot{n}" for n in range(200)]
            objects = [Large() for _ in range(200)]
            """)
            + self.CODE
        )

        def use(work):
            return large.replace("    work()\nelse", f"    {work}\n    os._exit(0)\nelse")

        data = self.check("-c", use("[bytes(n) for n in range(600, 9000)]"))
        self.assertTrue(
            [
                writer
                for writer in data["writers"]
                if writer["memory"] == "malloc heap" and writer["immortal"]
            ]
        )
        for work, pages in (
            ("for obj in objects: obj.slot150 = None", 50),
            ("objects[100].slot190 = None", 1),
        ):
            with self.subTest(work):
                data, by_code, written = self.writes("-c", use(work))
                self.assertGreaterEqual(
                    sum(
                        writer["pages"]
                        for writer in by_code
                        if writer["memory"] == "malloc heap"
                        and writer["type"] == "__main__.Large"
                        and writer["part"] == "body"
                    ),
                    pages,
                    data["writers"],
                )

    def test_every_way_to_run(self):
        with tempfile.TemporaryDirectory() as directory:
            script = os.path.join(directory, "__main__.py")
            compiled = os.path.join(directory, "compiled.pyc")
            archive = os.path.join(directory, "archive.zip")
            with open(script, "w") as file:
                file.write(self.CODE)
            py_compile.compile(script, compiled, doraise=True)
            with zipfile.ZipFile(archive, "w") as file:
                file.write(script, "__main__.py")
            for path in script, compiled, directory, archive:
                with self.subTest(path=path):
                    self.check(path)
            with self.subTest("-m"):
                self.check("-m", "compiled", cwd=directory)
            with self.subTest("-c"):
                self.check("-c", self.CODE)
            with self.subTest("stdin"), open(script) as file:
                self.check(stdin=file)

    def test_free_lists(self):
        # What died before the call lies among what is shared.
        for work in (
            "errors = [MemoryError() for _ in range(9)]",
            "[float('1' * n + f'e-{n}') for n in range(1, 900, 7)]",
            "[f'{1.1e200:.{n}e}' for n in range(1, 900, 7)]",
            "iterators = [iter(future) for _ in range(9)]",
        ):
            with self.subTest(work):
                self.check(
                    "-c",
                    "import asyncio\n"
                    "loop = asyncio.new_event_loop()\n"
                    "future = loop.create_future()\n"
                    "loop.close()\n" + self.CODE.replace("sum(map(len, records))", work),
                )

    def test_code(self):
        # Code that was cold is specialized by the child: in pages of its own.
        functions = "".join(f"def f{i}(): return len(records) + {i}\n" for i in range(200))
        functions += textwrap.dedent("""
            def use():
                for i in range(200):
                    f = globals()[f'f{i}']
                    for _ in range(100):
                        f()
            """)
        data = self.check(
            "-c", functions + self.CODE.replace("    work()\nelse", "    use()\nelse")
        )
        code = [writer for writer in data["writers"] if writer["code"]]
        self.assertGreater(sum(writer["pages"] for writer in code), 5)
        self.assertEqual(data["code_pages"], sum(writer["pages"] for writer in code))
        self.assertLess(data["code_pages"], 60)
        self.assertEqual({writer["cause"] for writer in code}, {"code"})
        self.assertFalse([writer for writer in code if writer["immortal"]])

    def test_classes(self):
        # The first instances of a class that had none, an attribute that no
        # instance had, subscripts by a method, methods of instances that have
        # a dict of their own
        self.check(
            "-c",
            textwrap.dedent("""
            class Cold:
                def __init__(self): self.x = 1
                def __getitem__(self, key): return key
                def method(self): return self.x
            class Warm(Cold): pass
            class List(list):
                def method(self): return len(self)
            class Error(Exception):
                def method(self): return 1
            warm, a_list, error = Warm(), List(), Error()
            a_list.x = error.x = 1
            def use():
                for i in range(100):
                    for cls in Cold, Warm:
                        obj = cls()
                        obj.later = obj[i] + obj.method()
                    warm[i], warm.method(), a_list.method(), error.method()
            """)
            + self.CODE.replace("    work()\nelse", "    use()\nelse"),
        )

    def test_generators(self):
        # They are as large as their code tells.
        self.check(
            "-c",
            textwrap.dedent("""
            def generator():
                yield
            async def async_generator():
                yield
            kept = [(generator(), async_generator()) for _ in range(99)]
            """)
            + self.CODE.replace("sum(map(len, records))", "[object() for _ in range(9999)]")
            # At exit they would be closed.
            .replace("    work()\nelse", "    work()\n    os._exit(0)\nelse"),
        )


@requires_fork()
class CommandTests(RunMixin, unittest.TestCase):
    def test_streams_are_the_programs_own(self):
        report, out, err = self.run_cowtrace(
            READ + "    os._exit(0)\nos.wait()\n"
            "print(sys.argv[1:], __name__, __file__ == sys.argv[0])\n"
            "print('oops', file=sys.stderr)\n",
            "--quiet",
        )
        self.assertEqual(out, "['argument'] __main__ True\n")
        self.assertEqual(err, "oops\n")

    def test_table(self):
        report, out, err = self.run_cowtrace(READ + "    os._exit(0)\n" + WAIT)
        self.assertEqual(out, "")
        self.assertRegex(
            err,
            r"1 process copied [\d,]+ pages, [\d.]+ .iB: "
            r"[\d.]+% of the",
        )
        self.assertIn("str: reference count", err)
        self.assertIn("script.py:7", err)
        self.assertIn("writes into pages that hold immortal objects: ", err)
        self.assertIn("writes into pages of immortal code: ", err)

    def test_status(self):
        self.run_cowtrace("raise SystemExit(7)", status=7)
        self.run_cowtrace("import os\nos._exit(8)", status=8)
        self.run_cowtrace("import os\nos.kill(os.getpid(), 15)", status=-signal.SIGTERM)

    def test_traceback(self):
        report, out, err = self.run_cowtrace("1 / 0\n", status=1)
        self.assertIn('script.py", line 1, in <module>', err)
        self.assertNotIn("_run.py", err)

    def test_no_child(self):
        report, out, err = self.run_cowtrace("")
        self.assertEqual(report["pages"], 0)
        self.assertIn("no process was forked", err)
        self.run_cowtrace("", "--check", status=1)

    # Ends with the number of signals that it has got.
    COUNT = textwrap.dedent("""
        import os, signal, sys, time
        hits = []
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT,
                       signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, lambda *args: hits.append(args))
        print("ready", flush=True)
        if sys.argv[1:]:
            os.kill(0, signal.SIGTERM)
        limit = time.monotonic() + 60
        while not hits and time.monotonic() < limit:
            time.sleep(0.01)
        time.sleep(0.2)
        sys.exit(len(hits))
        """)

    def test_signal_is_passed_on(self):
        for name in ("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"):
            with self.subTest(name):
                process = subprocess.Popen(
                    [sys.executable, "-m", "cowtrace", "--quiet", "-c", self.COUNT],
                    stdout=subprocess.PIPE,
                )
                with process:
                    self.assertEqual(process.stdout.readline(), b"ready\n")
                    process.send_signal(getattr(signal, name))
                    self.assertEqual(process.wait(100), 1)

    def test_signal_ends_the_program(self):
        for number in signal.SIGINT, signal.SIGQUIT:
            with self.subTest(number):
                # What a shell runs in the background inherits SIG_IGN.
                self.addCleanup(signal.signal, number, signal.signal(number, signal.SIG_DFL))
                process = subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "cowtrace",
                        "--quiet",
                        "-c",
                        "print('ready', flush=True)\nimport time\ntime.sleep(60)",
                    ],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
                with process:
                    self.assertEqual(process.stdout.readline(), b"ready\n")
                    process.send_signal(number)
                    self.assertEqual(process.wait(100), -number)

    def test_signal_to_the_group_by_the_program(self):
        done = subprocess.run(
            [sys.executable, "-m", "cowtrace", "--quiet", "-c", self.COUNT, "kill"],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.assertEqual(done.returncode, 1)

    def test_signal_of_a_terminal(self):
        pty = import_module("pty")
        for key in b"\x03", b"\x1c":  # Ctrl-C, Ctrl-\
            with self.subTest(key=key):
                pid, terminal = pty.fork()
                if pid == 0:
                    try:
                        os.execv(
                            sys.executable,
                            [sys.executable, "-m", "cowtrace", "--quiet", "-c", self.COUNT],
                        )
                    finally:
                        os._exit(127)
                with open(terminal, "r+b", buffering=0) as file:
                    self.assertEqual(file.readline(), b"ready\r\n")
                    file.write(key)
                    self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 1)

    def test_module_and_code(self):
        for program in (
            ["-c", "import os\nif not os.fork(): os._exit(0)\nos.wait(); print(__name__)"],
            ["-m", "this_test_module"],
        ):
            with os_helper.temp_cwd():
                with open("this_test_module.py", "w") as file:
                    file.write(
                        program[1].replace(";", "\n")
                        if program[0] == "-c"
                        else "import os\nif not os.fork(): os._exit(0)\n"
                        "os.wait()\nprint(__name__)\n"
                    )
                done = subprocess.run(
                    [sys.executable, "-m", "cowtrace", *program], capture_output=True, text=True
                )
                self.assertEqual((done.returncode, done.stdout), (0, "__main__\n"), done.stderr)
                self.assertIn("1 process copied", done.stderr)

    def test_path(self):
        code = "import os, sys\nos.fork() or os._exit(0)\nprint(sys.path)\n"
        with os_helper.temp_cwd():
            with open("this_test_module.py", "w") as file:
                file.write(code)
            for flags in [], ["-P"], ["-I"]:
                for program in (["this_test_module.py"], ["-c", code], ["-m", "this_test_module"]):
                    if flags and program[0] == "-m":
                        continue  # it isn't found there
                    with self.subTest(flags=flags, program=program):
                        plain, traced = (
                            subprocess.check_output(
                                [sys.executable, *flags, *cowtrace, *program],
                                stderr=subprocess.DEVNULL,
                            )
                            for cowtrace in ([], ["-m", "cowtrace"])
                        )
                        self.assertEqual(traced, plain)

    def test_directory_and_zip_file(self):
        code = (
            "import os, sys\nos.fork() or os._exit(0)\nos.wait()\n"
            "import neighbour\n"
            "print(sys.path, sys.argv, __name__, __file__, __package__,\n"
            "      neighbour.__file__)\n"
        )
        with os_helper.temp_cwd():
            os.mkdir("app")
            with zipfile.ZipFile("app.zip", "w") as archive:
                for name, text in (("__main__.py", code), ("neighbour.py", "")):
                    archive.writestr(name, text)
                    with open(os.path.join("app", name), "w") as file:
                        file.write(text)
            for flags in [], ["-P"]:
                for program in "app", "app.zip":
                    with self.subTest(flags=flags, program=program):
                        plain, traced = (
                            subprocess.check_output(
                                [sys.executable, *flags, *cowtrace, program, "argument"]
                            )
                            for cowtrace in ([], ["-m", "cowtrace", "--quiet", "--check"])
                        )
                        self.assertEqual(traced, plain)

    def test_bytes(self):
        # Neither the name of the program nor an argument is UTF-8.
        script, argument = os.fsdecode(b"\xfe.py"), os.fsdecode(b"\xff")
        with os_helper.temp_cwd():
            try:
                with open(script, "w") as file:
                    file.write(READ + "    os._exit(0)\n" + WAIT)
            except (OSError, ValueError):
                self.skipTest("no such name for a file")
            done = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "cowtrace",
                    "--json",
                    "report.json",
                    "--html",
                    "report.html",
                    "--stock",
                    sys.executable,
                    script,
                    argument,
                ],
                capture_output=True,
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            with open("report.json", encoding="utf-8") as file:
                report = json.load(file)
            with open("report.html", encoding="utf-8") as file:
                page = file.read()
        self.assertEqual(report["command"], [r"\xfe.py", r"\xff"])
        self.assertIn(r"\xfe.py:7", report["by"]["line"])
        self.assertEqual(report["stock"]["command"], report["command"])
        self.assertIn(r"<code>\xfe.py \xff</code>", page)
        self.assertIn(r"\xfe.py:7".encode(), done.stderr)

    def test_odd_names_of_types(self):
        report, out, err = self.run_cowtrace(
            child(
                """
            for item in items:
                pass
            os._exit(0)
            """,
                r"""
            items = [type(name, (), {})() for i in range(1000)
                     for name in ("new\nline", "new\u2028line", "\xe9")]
            """,
            )
        )
        types = {writer["type"] for writer in report["writers"]}
        self.assertIn("__main__.new line", types)

    def test_nth_child(self):
        report, out, err = self.run_cowtrace(
            textwrap.dedent("""
            import os
            for n in range(3):
                pid = os.fork()
                if pid == 0:
                    os._exit(0)
                os.waitpid(pid, 0)
                print(pid)
            """),
            "--child",
            "2",
        )
        (process,) = report["processes"]
        self.assertEqual(process["pid"], int(out.split()[1]))

    def test_compare(self):
        report, out, err = self.run_cowtrace(
            READ + "    os._exit(0)\nos.wait()\nprint('once')\n", "--stock", sys.executable
        )
        self.assertEqual(out, "once\n")
        self.assertGreater(report["stock"]["pages"], 0)
        self.assertIn("stock: 1 process copied", err)
        self.assertIn("this:  1 process copied", err)

    def test_errors(self):
        with tempfile.TemporaryDirectory() as directory:
            missing = os.path.join(directory, "missing", "file")
            same = os.path.join(directory, "same")
            other = os.path.join(directory, ".", "same")
            for args, words in (
                ([missing], "can't open"),
                ([directory], "can't open"),
                (["--json", missing, __file__], "can't write"),
                (["--html", directory, __file__], "can't write"),
                (["--json", same, "--html", same, "-c", ""], "can't write two reports"),
                (["--json", same, "--html", other, "-c", ""], "can't write two reports"),
                (["--stock", missing, __file__], "can't run"),
                (["--stock", "/bin/true", "--child", "-1", __file__], "negative"),
                (["--backend", "magic", __file__], "invalid choice"),
                ([], "required"),
            ):
                with self.subTest(args=args):
                    status, out, err = assert_python_failure("-m", "cowtrace", *args)
                    self.assertEqual(status, 2)
                    self.assertIn(words, err.decode())
                    self.assertNotIn("Traceback", err.decode())
            self.assertEqual(os.listdir(directory), [])

    def test_html(self):
        with os_helper.temp_cwd():
            with open("script.py", "w") as file:
                file.write("names = ['<&>']\n" + READ + "    os._exit(0)\n" + WAIT)
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "cowtrace",
                    "--quiet",
                    "--html",
                    "report.html",
                    "script.py",
                    "<&>",
                ],
                check=True,
            )
            with open("report.html") as file:
                page = file.read()
        parser = Balance()
        parser.feed(page)
        parser.close()
        self.assertEqual(parser.open, [])
        self.assertEqual(parser.outside, [])
        self.assertIn("script.py &lt;&amp;&gt;", page)
        self.assertIn("str: reference count", page)


class Balance(html.parser.HTMLParser):
    """Finds elements left open, and what a page needs of others."""

    void = {"meta", "input", "path"}

    def __init__(self):
        super().__init__()
        self.open = []
        self.outside = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.void:
            self.open.append(tag)
        self.outside += [value for name, value in attrs if name in ("src", "href", "srcset")]

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag not in self.void:
            if self.open[-1:] != [tag]:
                raise AssertionError(f"{tag} closes {self.open}")
            self.open.pop()


class ApiTests(unittest.TestCase):
    def test_names(self):
        for name in cowtrace.__all__:
            self.assertTrue(callable(getattr(cowtrace, name)), name)
        self.assertRaises(AttributeError, getattr, cowtrace, "missing")
        code = "import cowtrace, sys; print('json' in sys.modules)"
        self.assertEqual(
            subprocess.check_output([sys.executable, "-c", code], text=True), "False\n"
        )

    def test_trace(self):
        for backend in BACKENDS:
            with self.subTest(backend=backend):
                blocks = [bytearray(9000) for i in range(100)]
                with cowtrace.trace(backend=backend) as trace:
                    for block in blocks:
                        block[4000] = 1
                    line = sys._getframe().f_lineno - 1
                report = trace.report()
                self.assertIsInstance(report, cowtrace.Report)
                self.assertGreaterEqual(report.pages, 100)
                self.assertLessEqual(report.pages, report.shared_pages)
                self.assertEqual(
                    len(
                        [
                            writer
                            for writer in report.data["writers"]
                            if writer["immortal"] and not writer["memory"].startswith("static")
                        ]
                    )
                    > 0,
                    report.immortal_pages > 0,
                )
                lines = report.data["by"]["line"]
                label = f"{_report.place(__file__)}:{line}"
                self.assertGreaterEqual(lines[label], 100)
                self.assertEqual(json.loads(report.json())["pages"], report.pages)
                self.assertIn("copied", report.table())
                self.assertIn("<!DOCTYPE html>", report.html())

    def test_start_and_stop(self):
        block = bytearray(100_000)
        self.assertRaises(RuntimeError, cowtrace.stop)
        cowtrace.start()
        self.assertRaises(RuntimeError, cowtrace.start)
        block[50_000] = 1
        report = cowtrace.stop()
        self.assertGreater(report.pages, 0)
        self.assertRaises(RuntimeError, cowtrace.stop)

    def test_not_started(self):
        self.assertRaises(RuntimeError, cowtrace.Trace().report)

    def test_bad_arguments(self):
        self.assertRaises(ValueError, cowtrace.start, backend="magic")
        self.assertRaises(ValueError, cowtrace.follow, "/" + "x" * 5000)
        self.assertRaises(ValueError, cowtrace.follow, "/tmp", backend="magic")
        with tempfile.NamedTemporaryFile() as file:
            self.assertRaises(NotADirectoryError, cowtrace.follow, file.name)
        self.assertRaises(FileNotFoundError, cowtrace.follow, file.name)

    def test_follow_relative(self):
        code = textwrap.dedent("""
            import cowtrace, os
            os.mkdir("traces")
            cowtrace.follow("traces")
            os.chdir("/")
            if os.fork() == 0:
                os._exit(0)
            os.wait()
            """)
        with os_helper.temp_cwd():
            subprocess.run([sys.executable, "-c", code], check=True)
            report = cowtrace.read("traces")
        self.assertGreater(report.pages, 0)

    def test_fields(self):
        line = sys._getframe().f_lineno
        name = "".join(["a string without ", "a hash ", str(line)])
        with cowtrace.trace() as trace:
            hash(name)
        parts = {(writer["type"], writer["part"]) for writer in trace.report().data["writers"]}
        # Another object may share the page, and be written first.
        self.assertTrue(("str", "hash") in parts or len(parts) > 1, parts)

    @unittest.skipUnless(hasattr(gc, "is_immortal"), "no immortal objects")
    def test_immortal(self):
        code = textwrap.dedent("""
            import cowtrace, gc, sys
            big = gc.immortalize([[i] for i in range(20000)])
            with cowtrace.trace() as trace:
                for item in big:
                    item[0] = None      # not in the objects themselves
                big[9][:] = range(1000)
            print(trace.report().immortal_pages)
            """)
        done = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        )
        self.assertGreater(int(done.stdout), 0)


class ReadTests(unittest.TestCase):
    def record(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "trace")
            block = bytearray(50_000)
            cowtrace._cowtrace.start(path, BACKENDS[0], False)
            try:
                for i in range(0, len(block), 4096):
                    block[i] = 1
            finally:
                cowtrace._cowtrace.stop()
            with open(path, "rb") as file:
                return file.read()

    def test_cut_short(self):
        data = self.record()
        whole = _trace.Process(data)
        self.assertGreater(len(whole.writes), 10)
        last = len(data)
        for size in (last - 1, last - 100, last // 2, 200):
            process = _trace.Process(data[:size])
            self.assertLessEqual(len(process.writes), len(whole.writes))
        # The reader of the report has to know.
        self.assertEqual(len(_trace.Process(data[:-1]).writes), len(whole.writes) - 1)

    def test_not_a_trace(self):
        for data in (b"", b"\0" * 100, b"#!/bin/sh\n" * 100):
            with self.assertRaises(ValueError):
                _trace.Process(data)

    def test_just_begun(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "1"), "xb"):
                pass
            self.assertEqual(_trace.read_directory(directory), [])
            with open(os.path.join(directory, "2"), "xb") as file:
                file.write(self.record())
            (process,) = _trace.read_directory(directory)
            self.assertEqual(process.pid, os.getpid())

    def test_merge(self):
        now = {"by": {"line": {"a": 3, "b": 1}}}
        then = {"by": {"line": {"b": 9, "c": 2}}}
        self.assertEqual(_report.merge(now, None, "line"), [("a", 3, None), ("b", 1, None)])
        self.assertEqual(_report.merge(now, then, "line"), [("b", 1, 9), ("a", 3, 0), ("c", 0, 2)])

    def test_size(self):
        self.assertEqual(_report.size(0, 4096), "0 KiB")
        self.assertEqual(_report.size(255, 4096), "1,020 KiB")
        self.assertEqual(_report.size(256, 4096), "1.0 MiB")
        self.assertEqual(_report.size(1 << 20, 4096), "4.0 GiB")


class SymbolTests(unittest.TestCase):
    def setUp(self):
        with open("/proc/self/maps") as file:
            self.maps = file.read()

    def test_own_functions(self):
        ctypes = import_module("ctypes")
        symbols = _symbols.Symbols({})
        symbols.add(self.maps)
        for name in ("PyObject_GetAttr", "PyDict_GetItem"):
            function = getattr(ctypes.pythonapi, name)
            address = ctypes.cast(function, ctypes.c_void_p).value
            self.assertEqual(symbols.label(address), name)
            self.assertEqual(symbols.label(address + 1), name)
        self.assertEqual(symbols.label(1), "0x1")

    def test_not_elf(self):
        self.assertRaises(ValueError, _symbols.ElfFile, __file__)
        symbols = _symbols.Symbols({})
        symbols.add(f"1000-3000 r-xp 00000000 08:01 7   {__file__}\n")
        self.assertEqual(symbols.label(0x1010), "test_cowtrace.py+0x10")

    def test_plain(self):
        for name, plain in (
            ("f", "f"),
            ("f.constprop.0", "f"),
            ("memcpy@@GLIBC_2.14", "memcpy"),
            ("f.cold", "f"),
            (".init", ".init"),
        ):
            self.assertEqual(_symbols.plain(name), plain)


if __name__ == "__main__":
    unittest.main()
