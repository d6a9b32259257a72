"""gunicorn_memory.py WORKERS RECORDS PORT: what an unchanged application under gunicorn takes.

Runs in an interpreter that has gunicorn and the package. Starts gunicorn with --preload twice, by
`python -m gunicorn` and by `python -m immortal_objects -m gunicorn`, and sends requests until each
worker has read all its records. Prints JSON, in bytes: for both the PSS of all processes together,
and the average Private_Dirty of a worker.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
# Requests, each for whichever worker is free: as many as let every worker have a dozen.
FOR_EACH = 20
OURS = ("-m", "immortal_objects")


def application(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    """Read all records, and answer with the worker's process."""
    total = sum(len(one["name"]) + len(one["tags"]) + int(one["price"]) for one in RECORDS)
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield f"{os.getpid()} {total}".encode()


def load(number: int) -> list[dict[str, Any]]:
    return [
        {"name": f"customer {n}", "price": n * 1.5, "tags": (f"tag {n % 99}", n + 1000)}
        for n in range(number)
    ]


RECORDS = load(int(os.environ.get("RECORDS", "0")))


def memory(process: int) -> dict[str, int]:
    """Return the figures of a process's smaps_rollup, in bytes."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}


@contextlib.contextmanager
def serving(options: tuple[str, ...], workers: int, records: int, port: int) -> Iterator[int]:
    """Have gunicorn serve; yield the master's process."""
    arguments = ("-m", "gunicorn", "--preload", f"--workers={workers}", f"--bind=127.0.0.1:{port}")
    command = [sys.executable, *options, *arguments, "gunicorn_memory:application"]
    env = {**os.environ, "RECORDS": str(records)}
    with subprocess.Popen(command, cwd=HERE.parent, env=env, stderr=subprocess.PIPE) as master:
        try:
            yield master.pid
        finally:
            master.send_signal(signal.SIGTERM)


def ask(port: int) -> int:
    """Send a request; return the worker that answered. Waits a minute for the first."""
    for _ in range(600):
        url = f"http://127.0.0.1:{port}/"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=120) as answer:
            return int(answer.read().split()[0])
        time.sleep(0.1)
    raise AssertionError("gunicorn doesn't answer")


def measure(options: tuple[str, ...], workers: int, records: int, port: int) -> dict[str, int]:
    """Return the figures of one way to start it."""
    with serving(options, workers, records, port) as master:
        seen: dict[int, int] = {}
        while len(seen) < workers or sum(seen.values()) < workers * FOR_EACH:
            worker = ask(port)
            seen[worker] = seen.get(worker, 0) + 1
        found = {process: memory(process) for process in (master, *seen)}
    dirty = [found[worker]["Private_Dirty"] for worker in seen]
    total = sum(one["Pss"] for one in found.values())
    return {"total_pss": total, "private_dirty": sum(dirty) // len(dirty), "workers": len(seen)}


def main() -> None:
    workers, records, port = (int(argument) for argument in sys.argv[1:])
    print(
        json.dumps(
            {
                "plain": measure((), workers, records, port),
                "immortal": measure(OURS, workers, records, port + 1),
            }
        )
    )


if __name__ == "__main__":
    main()
