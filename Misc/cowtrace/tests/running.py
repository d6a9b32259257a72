"""What all tests share: programs that fork, and cowtrace run on them."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

import cowtrace

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

# From 3.12 on, a process that has threads is warned when it forks; and the tracer is a thread.
PYTHON = (sys.executable, "-W", "ignore::DeprecationWarning")


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
                [*PYTHON, "-m", "cowtrace", "--json", report, *options, script, "argument"],
                capture_output=True,
                text=True,
                timeout=300,
            )
            self.assertEqual(done.returncode, status, done.stderr)
            with open(report) as file:
                return json.load(file), done.stdout, done.stderr

    def pages(self, report, **wanted):
        """Count the pages whose cause is as wanted."""
        return sum(
            writer["pages"]
            for writer in report["writers"]
            if all(writer[key] == value for key, value in wanted.items())
        )


@contextlib.contextmanager
def temporary_folder():
    """Work in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield


class BackendMixin(RunMixin):
    """Runs with one backend; by_backend() makes the classes of tests."""

    backend = None

    def need_system_calls(self):
        if self.backend != "userfaultfd":
            self.skipTest("a system call may fail with EFAULT")

    def run_child(self, code, *options, **kwargs):
        report, _out, err = self.run_cowtrace(
            code, "--backend", self.backend, "--quiet", *options, **kwargs
        )
        self.assertEqual(err, "")
        self.assertEqual({process["backend"] for process in report["processes"]}, {self.backend})
        return report


def by_backend(tests, namespace):
    """Put into *namespace* a class of *tests* for each backend."""
    for backend in ("userfaultfd", "userfaultfd-user", "mprotect"):
        name = backend.title().replace("-", "") + tests.__name__
        made = type(
            name, (tests, unittest.TestCase), {"backend": backend, "__module__": tests.__module__}
        )
        permitted = unittest.skipUnless(
            backend in cowtrace.backends(), f"{backend} is not permitted here"
        )
        namespace[name] = permitted(made)
