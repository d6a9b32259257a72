"""served.py MODE [REQUESTS]: the memory of eight gunicorn workers, as they answer requests.

Runs in an environment with gunicorn, the workload with its shop, and immortal-objects. The shop and
its products are loaded and warm in the master, which forks. MODE is plain, or immortal: then the
package makes the heap immortal before. This program sends requests to all workers until each has
answered REQUESTS, and prints JSON in bytes: after each step the average of what workers have
answered, the Pss of all processes together, and the average Private_Dirty of a worker.
"""

from __future__ import annotations

import contextlib
import gc
import http.client
import itertools
import json
import mmap
import os
import platform
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

WORKERS, PRODUCTS, STEPS, CLIENTS = 8, 20_000, 12, 4
# What the server is given, besides the port.
MODE, FOLDER = (os.environ.get(name, "") for name in ("SERVED_MODE", "SERVED_FOLDER"))


def application() -> Any:
    """Called by gunicorn's master, before it forks."""
    from workload.shop import serving

    made = serving.start(Path(FOLDER, "database"))
    from workload.shop import catalogue  # Django has to be set up

    catalogue.load(PRODUCTS)
    serving.serve(made, serving.WARM, PRODUCTS)
    return made


def when_ready(server: Any) -> None:
    """Called by gunicorn: all is loaded, nothing is forked."""
    from django.db import connections

    connections.close_all()
    if MODE == "immortal":
        import immortal_objects

        if not immortal_objects.immortalize_heap():
            sys.exit("error: nothing has become immortal")


def post_request(worker: Any, request: Any, environ: Any, response: Any) -> None:
    """Called by gunicorn: count it, at the worker's number's place."""
    with Path(FOLDER, "counts").open("r+b") as file, mmap.mmap(file.fileno(), 0) as counts:
        place = 8 * worker.age
        (answered,) = struct.unpack_from("Q", counts, place)
        struct.pack_into("Q", counts, place, answered + 1)


def memory(process: int) -> dict[str, int]:
    """Return the figures of a process's smaps_rollup, in bytes."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}


def look(master: int, folder: Path) -> dict[str, float]:
    """Return what all have answered, and their memory."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    if len(children) != WORKERS:
        sys.exit(f"error: gunicorn has {len(children)} workers")
    counts = struct.unpack_from(f"{WORKERS}Q", (folder / "counts").read_bytes(), 8)
    found = [memory(int(child)) for child in children]
    return {
        "answered": sum(counts) / WORKERS,
        "pss": memory(master)["Pss"] + sum(one["Pss"] for one in found),
        "private_dirty": sum(one["Private_Dirty"] for one in found) / WORKERS,
    }


def ask(port: int, path: str) -> None:
    """Send a request, to whichever worker is free."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("GET", path.replace(" ", "%20"), headers={"Host": "shop.example"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status not in (200, 302):
        sys.exit(f"error: {path}: {answer.status}")


def listening(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until gunicorn does."""
    while True:
        if server.poll() is not None:
            sys.exit("error: gunicorn has ended")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.5)


def measure(mode: str, requests: int, folder: Path) -> list[dict[str, float]]:
    """Return what is seen of one server, at the beginning and after each step."""
    from workload.shop import serving

    serving.start(folder / "database")
    from workload.shop import catalogue  # Django has to be set up

    catalogue.fill(PRODUCTS)
    paths = serving.requested(PRODUCTS)
    (folder / "counts").write_bytes(bytes(8 * (WORKERS + 1)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = Path(__file__).resolve()
    command = [sys.executable, "-m", "gunicorn", "--preload", f"--workers={WORKERS}"]
    command += [f"--bind=127.0.0.1:{port}", f"--config={here}", f"{here.stem}:application()"]
    env = {**os.environ, "SERVED_MODE": mode, "SERVED_FOLDER": str(folder)}
    with (
        subprocess.Popen(command, cwd=here.parent, env=env) as server,
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        try:
            listening(port, server)
            time.sleep(5)  # all workers have started
            seen = [look(server.pid, folder)]
            for step in range(1, STEPS + 1):
                while seen[-1]["answered"] < requests * step / STEPS:
                    some = itertools.islice(paths, WORKERS * 10)
                    deque(pool.map(ask, itertools.repeat(port), some), 0)
                    seen.append(look(server.pid, folder))
            return seen
        finally:
            server.send_signal(signal.SIGTERM)


def main() -> None:
    if sys.argv[1:2] not in (["plain"], ["immortal"]) or len(sys.argv) > 3:
        sys.exit(__doc__)
    mode, requests = sys.argv[1], int((sys.argv[2:] or ["1000"])[0])
    with tempfile.TemporaryDirectory() as folder:
        seen = measure(mode, requests, Path(folder))
    # As many as the chart needs.
    places = sorted({round(n * (len(seen) - 1) / STEPS) for n in range(STEPS + 1)})
    kept = [{name: round(value) for name, value in seen[place].items()} for place in places]
    found = {
        "python": platform.python_version(),
        "stock": not hasattr(gc, "immortalize_heap"),
        "mode": mode,
        "workers": WORKERS,
        "looks": kept,
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
