"""What the tests share: programs that run in processes of their own, for nothing can be undone."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest
from pathlib import Path

from immortal_objects import _backend, immortal, is_immortal

# Where the package is that is tested: beside this folder, or installed.
FOLDER = Path(_backend.__file__).resolve().parents[1]
ABLE = _backend.CHOSEN.able
# Whether its function takes the types that stay mortal.
CHOICE = _backend.CHOSEN.takes_mortal
FORKS = hasattr(os, "register_at_fork")

START = """
import gc, logging, multiprocessing, os, subprocess, sys, threading, time, warnings, weakref
from immortal_objects import *
logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", stream=sys.stdout)

def fork(function=lambda: None):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            function()
            sys.stdout.flush()
        finally:
            os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
"""
# In place of the function that does it, on each interpreter.
RECORDED = """
from immortal_objects import _backend, immortal, is_immortal
def use(function):
    _backend.CHOSEN = _backend.Backend("gc", immortalize_heap=function)
calls = []
def record(*, mortal=()):
    calls.append(mortal)
    return 0
record.__text_signature__ = "($module, /, *, mortal=())"
use(record)
"""


def run(code: str, *options: str) -> str:
    """Run a program; return what it printed. It has to end well, with nothing on stderr."""
    command = [sys.executable, *options, "-c", START + code]
    ran = call(*command)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    return ran.stdout


def call(*command: str, **options: str) -> subprocess.CompletedProcess[str]:
    """Run a command that finds the package; *options* are variables of its environment."""
    paths = filter(None, (str(FOLDER), os.environ.get("PYTHONPATH")))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **options}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=env)


class Checks(unittest.TestCase):
    """Tests of what becomes immortal where anything does."""

    def check(self, instance: object) -> None:
        self.assertEqual(is_immortal(instance), ABLE)


@immortal(instances=True)
class Point:
    """At the top level, for pickle."""

    def __init__(self, x: int, y: int = 2) -> None:
        self.x, self.y = x, [y]
