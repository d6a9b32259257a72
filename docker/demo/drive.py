"""drive.py NAME: load the server until each worker has answered REQUESTS; watch their memory.

Runs in a container that shares the processes and the network of the server's. wrk makes the load,
in turns of a few seconds; between two turns, each worker's figures are taken from the kernel
(/proc/PID/smaps_rollup). Writes /results/NAME.json; all sizes are in bytes, times in seconds.
"""

from __future__ import annotations

import json
import os
import re
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import heap_share

PORT = 8000
START = 300.0  # seconds for the server to start
TURN = 4  # seconds of load between two looks
PATIENCE = 300.0  # seconds without an answer from one of the workers
FIGURES = ("Rss", "Pss", "Private_Dirty")


def children(parent: int) -> list[int]:
    """Return the processes that *parent* has started, the oldest first."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return sorted(found)


def wait(workers: int) -> list[int]:
    """Wait until the server listens with all its workers; return their processes."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        masters = children(1)  # 1 is tini
        found = children(masters[0]) if masters else []
        with socket.socket() as tried:
            if len(found) == workers and tried.connect_ex(("127.0.0.1", PORT)) == 0:
                return found
        time.sleep(0.5)
    sys.exit(f"error: the server doesn't listen with {workers} workers")


def look(pids: list[int], start: float) -> dict[str, Any]:
    """Return how much each worker has answered, and its memory."""
    counts = Path(f"/proc/{pids[0]}/root/dev/shm/requests").read_bytes()
    rows = []
    for age, pid in enumerate(pids, 1):
        (answered,) = struct.unpack_from("Q", counts, 8 * age)
        memory = heap_share.memory(pid)
        rows.append({"answered": answered, **{name: memory[name] for name in FIGURES}})
    return {"seconds": round(time.monotonic() - start, 1), "workers": rows}


def load(connections: int, first: int) -> dict[str, float]:
    """Let wrk work for one turn; return how much it got, in how many seconds, and what failed."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{TURN}s", "--timeout=60s"]
    command += ["-s", "/srv/requests.lua", f"http://127.0.0.1:{PORT}"]
    env = {**os.environ, "FIRST": str(first)}
    said = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
    done = re.search(r"(\d+) requests in ([\d.]+)(m?s|m),", said)
    if not done:
        sys.exit(f"error: wrk says {said!r}")
    seconds = float(done[2]) * {"ms": 0.001, "s": 1, "m": 60}[done[3]]
    failed = sum(map(int, re.findall(r"(?:Non-2xx or 3xx responses:|timeout) (\d+)", said)))
    return {"requests": int(done[1]), "seconds": seconds, "failed": failed}


def _require_progress(looks: list[dict[str, Any]]) -> None:
    """Stop unless each worker has answered something in the last while."""
    now = looks[-1]
    before = [one for one in looks if one["seconds"] <= now["seconds"] - PATIENCE]
    if before:
        pairs = zip(before[-1]["workers"], now["workers"], strict=True)
        if any(then["answered"] == row["answered"] for then, row in pairs):
            sys.exit(f"error: a worker has answered nothing for {PATIENCE:.0f} s")


def main() -> None:
    name = sys.argv[1]
    workers, wanted = int(os.environ["WORKERS"]), int(os.environ["REQUESTS"])
    pids = wait(workers)
    start = time.monotonic()
    looks = [look(pids, start)]
    total = {"requests": 0.0, "seconds": 0.0, "failed": 0.0}
    while min(row["answered"] for row in looks[-1]["workers"]) < wanted:
        turn = load(2 * workers, int(total["requests"]))
        total = {key: total[key] + turn[key] for key in total}
        looks.append(look(pids, start))
        _require_progress(looks)
    if children(children(1)[0]) != pids:
        sys.exit("error: a worker has ended")
    result = {
        "name": name,
        "python": sys.version.split()[0],
        "mode": os.environ["MODE"],
        "wanted": wanted,
        "total": total,
        "looks": looks,
    }
    Path("/results", f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    print(f"{name}: {total['requests']:.0f} requests in {total['seconds']:.0f} s", flush=True)


if __name__ == "__main__":
    main()
