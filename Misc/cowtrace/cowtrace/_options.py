"""What is asked for on the command line, and what could only go wrong."""

from __future__ import annotations

import argparse
import os
import pkgutil
import subprocess

from . import backends
from ._records import BACKENDS


class Error(Exception):
    """What is wrong, in one line."""


def parse(args: list[str]) -> argparse.Namespace:
    """Return the options; what says how the program runs is *how*. Exits with status 2."""
    parser = argparse.ArgumentParser(
        prog="python -m cowtrace",
        usage="python -m cowtrace [options] (script.py | -m module | -c code) [args]",
        description="Run a program. Tell which memory its forked processes copied because they "
        "wrote to it, and who wrote.",
    )
    add = parser.add_argument
    add("--json", metavar="FILE", help="write a report in JSON")
    text = "write a report to look at, one page of HTML that needs no other file"
    add("--html", metavar="FILE", help=text)
    text = "rows in each part of the table (default: %(default)s)"
    add("--rows", metavar="N", type=int, default=12, help=text)
    add("--quiet", action="store_true", help="no table")
    text = "count what a process writes when it exits (default)"
    add("--include-exit", dest="exit", action="store_true", default=True, help=text)
    add("--no-exit", dest="exit", action="store_false", help="don't count it")
    text = "trace only the Nth process that the program forks"
    add("--child", metavar="N", type=int, default=0, help=text)
    text = "exit status 1 if an immortal object was written to, or if nothing was traced"
    add("--check", action="store_true", help=text)
    text = "let --check pass with so many pages of immortal objects written to (default: 0)"
    add("--allow", metavar="N", type=int, default=0, help=text)
    text = "first run the program with this interpreter too, and compare"
    add("--stock", metavar="PYTHON", help=text)
    text = "how to trap writes (default: the best that is permitted)"
    add("--backend", choices=BACKENDS, default="auto", help=text)
    how = parser.add_mutually_exclusive_group()
    for option, name in (("-m", "module"), ("-c", "command")):
        text = f"run {'a module' if name == 'module' else 'code'}, as python {option} does"
        how.add_argument(option, dest="how", action="store_const", const=name, help=text)
    add("program", help=argparse.SUPPRESS)
    add("args", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args(args)
    if options.how is None:
        # A directory or a ZIP file has an importer.
        found = pkgutil.get_importer(options.program) is not None
        options.how = "container" if found else "script"
    return options


def check(options: argparse.Namespace) -> None:
    """Raise Error for what could only go wrong."""
    _check_program(options)
    for path in options.json, options.html:
        if path is None:
            continue
        folder = os.path.dirname(path) or "."
        if os.path.isdir(path) or not os.access(folder, os.W_OK):
            raise Error(f"can't write {path!r}")
    if options.json and options.html and _same_file(options.json, options.html):
        raise Error(f"can't write two reports to {options.html!r}")
    if options.backend != "auto" and options.backend not in backends():
        raise Error(f"{options.backend} is not permitted here; there is {', '.join(backends())}")
    if min(options.child, options.rows, options.allow) < 0:
        raise Error("a number of children, rows or pages is not negative")
    if options.stock is not None:
        _check_other(options.stock)


def _check_program(options: argparse.Namespace) -> None:
    if options.how == "container":
        importer = pkgutil.get_importer(options.program)
        find_spec = getattr(importer, "find_spec", None)
        if find_spec is None or find_spec("__main__") is None:
            raise Error(f"can't open {options.program!r}: it has no __main__ module")
    if options.how == "script":
        try:
            with open(options.program, "rb"):
                pass
        except OSError as error:
            raise Error(f"can't open {options.program!r}: {error.strerror}") from error


def _check_other(python: str) -> None:
    command = [python, "-c", "import cowtrace"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise Error(f"can't run {python!r}: {error.strerror}") from error
    if done.returncode:
        raise Error(f"no cowtrace in {python!r}: {last_line(done.stderr)}")


def last_line(text: str) -> str:
    """Return the last line of what a program said, where a traceback has its reason."""
    return text.strip().rpartition("\n")[2]


def _same_file(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except OSError:
        return os.path.realpath(path) == os.path.realpath(other)
