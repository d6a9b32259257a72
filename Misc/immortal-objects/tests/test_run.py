"""python -m immortal_objects PROGRAM: it runs as by Python itself, with an immortal heap."""

from __future__ import annotations

import os
import py_compile
import signal
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

from programs import ABLE, FORKS, call

# What a program sees of how it was started.
SEEN = """\
'''The program.'''
import sys
names = sorted(name for name in globals() if name != "names")
print(sys.argv, sys.path, names)
own = "sys", "__loader__", "__spec__"
print(*(f"{name}={globals()[name]!r}" for name in names if name not in own))
print(type(__loader__), __loader__ if isinstance(__loader__, type) else vars(__loader__))
print(__spec__ and (__spec__.name, __spec__.origin), sys.modules["__main__"].__dict__ is globals())
print(sys.flags.optimize, __debug__, sys.exit.__doc__ is not None)
"""
OURS = ("-m", "immortal_objects")


class Program(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        (self.folder / "package").mkdir()
        for name in ("script.py", "package/__main__.py", "package/module.py", "module.py"):
            (self.folder / name).write_text(SEEN)
        (self.folder / "package" / "__init__.py").touch()
        with zipfile.ZipFile(self.folder / "zipped.pyz", "w") as file:
            file.writestr("__main__.py", SEEN)
        py_compile.compile(str(self.folder / "script.py"), str(self.folder / "compiled.pyc"))
        before = Path.cwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.folder)

    def both(self, *program: str, options: tuple[str, ...] = ()) -> str:
        """Run it by Python itself and by us; return the output, which has to be the same."""
        own = call(sys.executable, *options, *program)
        ours = call(sys.executable, *options, *OURS, *program)
        self.assertEqual(ours.returncode, own.returncode, ours.stderr)
        self.assertEqual(ours.stdout, own.stdout)
        return own.stdout

    def test_same_as_by_python(self) -> None:
        os.symlink(self.folder / "package" / "module.py", self.folder / "link.py")
        for program in (
            ("script.py",),
            ("script.py", "-m", "--report", "-c"),
            ("./package/module.py", "1"),
            ("link.py",),
            ("package",),
            ("zipped.pyz", "a"),
            ("compiled.pyc",),
            ("-m", "module", "--help"),
            ("-m", "package", "1", "2"),
            ("-m", "package.module"),
            ("-c", SEEN, "x", "-y"),
        ):
            for options in ((), ("-O",))[: 2 if program[0] == "link.py" else 1]:
                with self.subTest(program=program[:2], options=options):
                    self.assertIn("sys", self.both(*program, options=options))

    @unittest.skipIf(sys.version_info < (3, 11), "there is no -P")
    def test_safe_path(self) -> None:
        for program in (("script.py",), ("package",), ("-c", SEEN)):
            with self.subTest(program=program[0]):
                self.both(*program, options=("-P",))

    def test_indented_command(self) -> None:
        ours = call(sys.executable, *OURS, "-c", "\n    print(1)\n")
        self.assertEqual(ours.stdout, "1\n" if sys.version_info >= (3, 14) else "")

    def test_status(self) -> None:
        for code, status in (
            ("pass", 0),
            ("import sys; sys.exit(3)", 3),
            ("import sys; sys.exit('why')", 1),
            ("1 / 0", 1),
            ("import os; os._exit(4)", 4),
            ("raise SystemExit", 0),
        ):
            with self.subTest(code=code):
                self.both("-c", code)
                self.assertEqual(call(sys.executable, *OURS, "-c", code).returncode, status)

    def test_errors_of_the_program(self) -> None:
        ours = call(sys.executable, *OURS, "-c", "def f():\n    1 / 0\nf()")
        self.assertTrue(ours.stderr.startswith("Traceback (most recent call last):\n"))
        self.assertTrue(ours.stderr.endswith("ZeroDivisionError: division by zero\n"))
        (self.folder / "wrong.py").write_text("if:\n")
        ours = call(sys.executable, *OURS, "wrong.py")
        self.assertRegex(ours.stderr, r"wrong\.py\", line 1\n")
        for program in (("-m", "missing"), ("-m", "package.missing"), ("-m", "module.x")):
            own, ours = call(sys.executable, *program), call(sys.executable, *OURS, *program)
            self.assertEqual((ours.returncode, ours.stderr), (own.returncode, own.stderr))

    @unittest.skipUnless(os.name == "posix", "signals are POSIX's here")
    def test_interrupt(self) -> None:
        code = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
        status = call(sys.executable, *OURS, "-c", code).returncode
        self.assertEqual(status, call(sys.executable, "-c", code).returncode)
        self.assertEqual(status, -signal.SIGINT)

    def test_main_can_be_pickled_and_is_cleared_at_exit(self) -> None:
        program = """
import atexit, pickle, sys
class Thing:
    def __del__(self): print("deleted", sys.is_finalizing())
kept = Thing()
atexit.register(lambda: print("exit", type(kept).__name__))
print(type(pickle.loads(pickle.dumps(kept))) is Thing, sys.modules["__main__"].kept is kept)
"""
        (self.folder / "thing.py").write_text(program)
        self.both("thing.py")
        self.both("-m", "thing")

    def test_spawned_processes_find_the_program(self) -> None:
        program = """
import multiprocessing
def work(number):
    return number + 1, __name__
if __name__ == "__main__":
    for method in multiprocessing.get_all_start_methods():
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(method, pool.map(work, [1, 2]))
"""
        (self.folder / "pool.py").write_text(program)
        self.assertIn("spawn", self.both("pool.py", options=("-Wignore",)))
        self.both("-m", "pool", options=("-Wignore",))

    def test_bad_command_lines(self) -> None:
        for program, said in (
            ((), "name a program: -m MODULE, a script, or -c CODE"),
            (("-m",), "-m needs a module"),
            (("-c",), "-c needs a command"),
            (("--reprot", "x.py"), "there is no option --reprot"),
            (("missing.py",), "missing.py can't be opened: No such file or directory"),
            (("-",), "a program can't be read from stdin: name a script, or use -c CODE"),
        ):
            with self.subTest(program=program):
                ran = call(sys.executable, *OURS, *program)
                line = f"error: {said}; see python -m immortal_objects --help\n"
                self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (2, "", line))

    def test_help(self) -> None:
        for option in ("-h", "--help"):
            ran = call(sys.executable, *OURS, option)
            self.assertEqual((ran.returncode, ran.stderr), (0, ""))
            self.assertTrue(ran.stdout.startswith("usage: python -m immortal_objects "))

    @unittest.skipUnless(FORKS, "this system can't fork")
    def test_heap_is_immortal_at_the_fork(self) -> None:
        program = """
import os, sys
from immortal_objects import is_immortal
data = [object()]
print(is_immortal(data[0]), flush=True)
for _ in range(2):
    if os.fork() == 0:
        print(is_immortal(data[0]), flush=True)
        os._exit(0)
    os.wait()
"""
        (self.folder / "forks.py").write_text(program)
        for options in ((), ("--leave-lazy",), ("--report",)):
            ran = call(sys.executable, "-Wignore", *OURS, *options, "forks.py")
            self.assertEqual(ran.stdout, f"False\n{ABLE}\n{ABLE}\n", ran.stderr)
            told = ran.stderr.count("objects are immortal")
            self.assertEqual(told, int(ABLE and "--report" in options), ran.stderr)
            if not options:
                self.assertEqual(ran.stderr, "")


if __name__ == "__main__":
    unittest.main()
