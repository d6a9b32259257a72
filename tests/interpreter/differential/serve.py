"""Run programs, each in a process forked from this one: it is warm, and so they start at once.

Each line of input is a job: {"source": text, "folder": its directory, "timeout": seconds}; each
line of output tells how its process ended: {"status", "out", "err"}.

    serve.py [seal]     seal: make the heap of this process immortal first
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import sys
import time
import types
from typing import Any

WARM = (
    "abc array ast asyncio bisect bz2 calendar codecs collections concurrent.futures configparser "
    "contextlib contextvars copy csv ctypes dataclasses datetime decimal difflib enum fractions "
    "functools gzip hashlib heapq inspect io itertools logging lzma mmap multiprocessing.pool "
    "operator pathlib pickle queue random re sched selectors shelve socket sqlite3 statistics "
    "string struct subprocess tarfile tempfile textwrap threading traceback typing uuid weakref "
    "xml.etree.ElementTree zipfile zlib"
)


def run(job: dict[str, Any]) -> dict[str, Any] | None:
    """Run a job in a child; return how it ended, or None in the child."""
    folder = job["folder"]
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.chdir(folder)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        for number, name in ((1, "out"), (2, "err")):
            file = os.open(f"{folder}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(file, number)
            os.close(file)
        os.close(nothing)
        return None
    status = wait(pid, job["timeout"])
    found: dict[str, Any] = {"status": status}
    for name in ("out", "err"):
        with open(f"{folder}.{name}", errors="replace") as file:
            found[name] = file.read(200_000)
    return found


def wait(pid: int, timeout: float) -> int | str:
    """Return the exit status of *pid*, or "timed out"; end what its session left."""
    end = time.monotonic() + timeout
    pause = 0.001
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        if time.monotonic() > end:
            os.killpg(pid, signal.SIGABRT)
            os.waitpid(pid, 0)
            return "timed out"
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status)


def serve() -> dict[str, Any] | None:
    """Answer jobs; return a job in the process that has to do it, and None at the end."""
    for line in iter(sys.stdin.readline, ""):
        job = json.loads(line)
        answer = run(job)
        if answer is None:
            return dict(job)
        print(json.dumps(answer), flush=True)
    return None


def become(job: dict[str, Any]) -> None:
    """Be the program of *job*."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.argv[:] = ["program"]
    exec(compile(job["source"], "program", "exec"), vars(module))


if __name__ == "__main__":
    for name in WARM.split():
        __import__(name)
    if "seal" in sys.argv:
        getattr(gc, "immortalize_heap", gc.collect)()
    if mine := serve():
        become(mine)
