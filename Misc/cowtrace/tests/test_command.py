"""python -m cowtrace: it behaves as the program does, and reports."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest
import zipfile

from running import READ, WAIT, RunMixin, child, temporary_folder


class CommandTests(RunMixin, unittest.TestCase):
    def test_streams_are_the_programs_own(self):
        _report, out, err = self.run_cowtrace(
            READ + "    os._exit(0)\nos.wait()\n"
            "print(sys.argv[1:], __name__, __file__ == sys.argv[0])\n"
            "print('oops', file=sys.stderr)\n",
            "--quiet",
        )
        self.assertEqual(out, "['argument'] __main__ True\n")
        self.assertEqual(err, "oops\n")

    def test_table(self):
        _report, out, err = self.run_cowtrace(READ + "    os._exit(0)\n" + WAIT)
        self.assertEqual(out, "")
        self.assertRegex(
            err,
            r"1 process copied [\d,]+ pages, [\d.]+ .iB: "
            r"[\d.]+% of the",
        )
        self.assertIn("str: reference count", err)
        self.assertIn("script.py:7", err)
        self.assertIn("writes to immortal objects: ", err)
        self.assertIn("writes beside them, into pages that hold some: ", err)
        self.assertIn("writes into pages of immortal code: ", err)

    def test_status(self):
        self.run_cowtrace("raise SystemExit(7)", status=7)
        self.run_cowtrace("import os\nos._exit(8)", status=8)
        self.run_cowtrace("import os\nos.kill(os.getpid(), 15)", status=-signal.SIGTERM)

    def test_traceback(self):
        _report, _out, err = self.run_cowtrace("1 / 0\n", status=1)
        self.assertIn('script.py", line 1, in <module>', err)
        self.assertNotIn("_run.py", err)

    def test_no_child(self):
        report, _out, err = self.run_cowtrace("")
        self.assertEqual(report["pages"], 0)
        self.assertIn("no process was forked", err)
        _report, _out, err = self.run_cowtrace("", "--quiet", "--check", status=1)
        self.assertEqual(err, "cowtrace: no process was traced\n")

    def test_module_and_code(self):
        for program in (
            ["-c", "import os\nif not os.fork(): os._exit(0)\nos.wait(); print(__name__)"],
            ["-m", "this_test_module"],
        ):
            with temporary_folder():
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
        with temporary_folder():
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
        with temporary_folder():
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
        with temporary_folder():
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
        self.assertIn(rb"\xfe.py:7", done.stderr)

    def test_odd_names_of_types(self):
        report, _out, _err = self.run_cowtrace(
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
        report, out, _err = self.run_cowtrace(
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
                    done = subprocess.run(
                        [sys.executable, "-m", "cowtrace", *args], capture_output=True, text=True
                    )
                    self.assertEqual(done.returncode, 2)
                    self.assertIn(words, done.stderr)
                    self.assertNotIn("Traceback", done.stderr)
            self.assertEqual(os.listdir(directory), [])


if __name__ == "__main__":
    unittest.main()
