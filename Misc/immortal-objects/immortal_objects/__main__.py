"""python -m immortal_objects: run a program whose forked processes share what it loads.

Call main() with the arguments after the command.
"""

from __future__ import annotations

import os
import sys

from . import _backend, _heap, _run, report

USAGE = """\
usage: python -m immortal_objects [OPTION...] -m MODULE [ARGUMENT...]
       python -m immortal_objects [OPTION...] SCRIPT [ARGUMENT...]
       python -m immortal_objects [OPTION...] -c CODE [ARGUMENT...]
       python -m immortal_objects --check

Run a Python program as python does. Right before its first fork all objects become immortal, so
that processes which it forks share them for good. The program has to load what they share before
it forks them (gunicorn: --preload).

options:
  --report      print at that moment to stderr what became immortal, what didn't, and why
  --leave-lazy  don't load what is imported lazily (Python 3.15): each process loads it for itself
  --check       say whether this interpreter can do it, and exit with status 0 if so
  -h, --help    print this text

Where the interpreter can't do it, the program runs as without this command.
"""


class _Mistake(Exception):
    """A wrong command line: what is wrong, and what to do."""


def main(arguments: list[str]) -> int:
    """Run the program; return the exit status for the command's own answers.

    What the program raises, SystemExit included, goes through.
    """
    options = set()
    while arguments and arguments[0].startswith("-") and arguments[0] not in ("-m", "-c", "-"):
        options.add(arguments.pop(0))
    try:
        if options & {"-h", "--help"}:
            print(USAGE, end="")
            return 0
        if unknown := options - {"--report", "--leave-lazy", "--check"}:
            raise _Mistake(f"there is no option {sorted(unknown)[0]}")
        if "--check" in options:
            return _check()
        return _run_program(options, arguments)
    except _Mistake as error:
        print(f"error: {error}; see python -m immortal_objects --help", file=sys.stderr)
        return 2


def _check() -> int:
    backend = _backend.CHOSEN
    if not backend.able:
        print(f"no: {backend.reason}")
        return 1
    by = "its gc" if backend.name == "gc" else "the extension"
    print(f"yes: CPython {sys.version.split()[0]} makes objects immortal, by {by}")
    return 0


def _run_program(options: set[str], arguments: list[str]) -> int:
    if not arguments:
        raise _Mistake("name a program: -m MODULE, a script, or -c CODE")
    kind, rest = arguments[0], arguments[1:]
    if kind in ("-m", "-c") and not rest:
        raise _Mistake(f"{kind} needs a {'module' if kind == '-m' else 'command'}")
    if kind == "-":
        raise _Mistake("a program can't be read from stdin: name a script, or use -c CODE")
    if kind not in ("-m", "-c"):
        try:
            os.stat(kind)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", error)
            raise _Mistake(f"{kind} can't be opened: {reason}") from None
    _heap.before_first_fork(load_lazy="--leave-lazy" not in options)
    if "--report" in options:
        _heap.then(lambda: print(report(), file=sys.stderr, flush=True))
    if kind == "-m":
        _run.run_module(rest[0], rest[1:])
    elif kind == "-c":
        _run.run_command(rest[0], rest[1:])
    else:
        _run.run_script(kind, rest)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
