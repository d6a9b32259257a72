"""Run random programs on object graphs and tell what could be observed.

A program is a list of steps [name, a, b, n]: STEPS[name] works on the slots a and b of a small
store, with a number n. Its trace has what each step gave, and at the end all that the slots
reach. The same program gives the same trace in every interpreter, whatever is immortal, but
for the liveness of weak references, which the steps `liveness` report.

    program.py fork [seal]   each line of input a program, each line of output what its own
                             process said: trace, finalizers, exit status
    program.py once          runs the programs of one line of input, one after the other, in
                             this process; a line of output each
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import steps  # noqa: F401
from graph import brief, clean, dump, immortalize_heap, report_to
from store import SLOTS, STEPS, Store


def run(program: list[list[Any]]) -> list[Any]:
    """Run *program*; return its trace."""
    store: Store = {"slots": [None] * SLOTS, "watched": []}
    trace: list[Any] = []
    for name, a, b, n in program:
        try:
            result = STEPS[name](store, a % SLOTS, b % SLOTS, n)
            plain = isinstance(result, dict) and "alive" in result and len(result) == 1
            trace.append(result if name == "liveness" and plain else brief(result))
        except Exception as error:
            trace.append(clean(f"{type(error).__name__}: {error}"))
            del error
    trace.append(dump(store["slots"]))
    return trace


def run_in_child(program: list[list[Any]]) -> dict[str, Any] | None:
    """Run *program* in a child; return what it said, or None in the child, which has to end."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        os.dup2(writer, 2)
        report_to[0] = writer
        trace = run(program)
        os.write(writer, b"\n" + json.dumps(trace).encode() + b"\n")
        return None
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        lines = stream.read().decode(errors="replace").splitlines()
    status = os.waitpid(pid, 0)[1]
    finalized = [line for line in lines if line.startswith("finalized ")]
    trace = [json.loads(line) for line in lines if line.startswith("[")]
    other = [line for line in lines if line and line[0] != "[" and line not in finalized]
    return {"trace": trace, "finalized": finalized, "status": status, "other": other}


def main() -> None:
    if sys.argv[1] == "once":
        for program in json.loads(sys.stdin.readline()):
            print(json.dumps(run(program)))
        return
    if "seal" in sys.argv:
        immortalize_heap()
    for line in iter(sys.stdin.readline, ""):
        answer = run_in_child(json.loads(line))
        if answer is None:
            return
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
