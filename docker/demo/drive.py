"""drive.py NAME:PORT...: load servers until each worker has answered REQUESTS; watch their memory.

Runs in a container that shares the processes and the network of the servers'. wrk makes the load,
in turns of a few seconds: all servers have theirs, one after the other, before one has another, so
that what slows the machine for a while slows all of them. Between two turns, each worker's figures
are taken from the kernel (/proc/PID/smaps_rollup). Writes /results/NAME.json of each server; all
sizes are in bytes, times in seconds.
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

from workload.heap import memory

START = 300.0  # seconds for the servers to start
TURN = 2  # seconds of load between two looks
PATIENCE = 300.0  # seconds without an answer from one of the workers
PROGRESS = 15.0  # seconds between two lines about it
FIGURES = ("Rss", "Pss", "Private_Dirty")


def processes() -> list[int]:
    """Return all processes, the oldest first."""
    return sorted(int(folder.name) for folder in Path("/proc").glob("[0-9]*"))


def settings(process: int) -> dict[str, str]:
    """Return the environment that a process was started with, nothing if it has ended."""
    try:
        words = Path(f"/proc/{process}/environ").read_bytes().decode().split("\0")
    except OSError:
        return {}
    return dict(word.split("=", 1) for word in words if "=" in word)


def children(parent: int) -> list[int]:
    """Return the processes that *parent* has started, the oldest first."""
    found = []
    for process in processes():
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[1]) == parent:
            found.append(process)
    return found


class Server:
    """One of the servers: its processes, and what is known of it."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.port = port
        self.turns: list[dict[str, float]] = []
        self.looks: list[dict[str, Any]] = []

    def wait(self, workers: int) -> None:
        """Wait until it listens with all its workers."""
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            # The first of its processes is tini, which starts gunicorn.
            ours = [one for one in processes() if settings(one).get("PORT") == str(self.port)]
            masters = children(ours[0]) if ours else []
            found = children(masters[0]) if masters else []
            with socket.socket() as tried:
                address = ("127.0.0.1", self.port)
                if len(found) == workers and tried.connect_ex(address) == 0:
                    self.master, self.pids = masters[0], found
                    return
            time.sleep(0.5)
        sys.exit(f"error: {self.name} doesn't listen with {workers} workers")

    def look(self, start: float) -> None:
        """Note how much each worker has answered, and its memory."""
        counts = Path(f"/proc/{self.pids[0]}/root/dev/shm/requests").read_bytes()
        rows = []
        for age, pid in enumerate(self.pids, 1):
            (answered,) = struct.unpack_from("Q", counts, 8 * age)
            found = memory(pid)
            rows.append({"answered": answered, **{name: found[name] for name in FIGURES}})
        self.looks.append({"seconds": round(time.monotonic() - start, 1), "workers": rows})

    def least(self) -> int:
        """Return how much the worker has answered that has answered least."""
        return min(row["answered"] for row in self.looks[-1]["workers"])

    def load(self) -> None:
        """Let wrk work for one turn; note how much it got, in how many seconds, what failed."""
        first = sum(turn["requests"] for turn in self.turns)
        command = ["wrk", "-t1", f"-c{2 * len(self.pids)}", f"-d{TURN}s", "--timeout=60s"]
        command += ["-s", "/srv/requests.lua", f"http://127.0.0.1:{self.port}"]
        env = {**os.environ, "FIRST": str(int(first))}
        said = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
        done = re.search(r"(\d+) requests in ([\d.]+)(m?s|m),", said)
        if not done:
            sys.exit(f"error: wrk says {said!r}")
        seconds = float(done[2]) * {"ms": 0.001, "s": 1, "m": 60}[done[3]]
        failed = sum(map(int, re.findall(r"(?:Non-2xx or 3xx responses:|timeout) (\d+)", said)))
        self.turns.append({"requests": int(done[1]), "seconds": seconds, "failed": failed})

    def require_progress(self) -> None:
        """Stop unless each worker has answered something in the last while."""
        now = self.looks[-1]
        before = [one for one in self.looks if one["seconds"] <= now["seconds"] - PATIENCE]
        if before:
            pairs = zip(before[-1]["workers"], now["workers"], strict=True)
            if any(then["answered"] == row["answered"] for then, row in pairs):
                sys.exit(f"error: a worker of {self.name} answered nothing for {PATIENCE:.0f} s")

    def write(self, wanted: int) -> None:
        """Write what is known of it, if it still has all its workers."""
        if children(self.master) != self.pids:
            sys.exit(f"error: a worker of {self.name} has ended")
        environment = settings(self.master)
        result = {
            "name": self.name,
            "python": environment["PYTHON_VERSION"],
            "mode": environment["MODE"],
            "wanted": wanted,
            "turns": self.turns,
            "looks": self.looks,
        }
        Path("/results", f"{self.name}.json").write_text(json.dumps(result, indent=1) + "\n")


def main() -> None:
    workers, wanted = int(os.environ["WORKERS"]), int(os.environ["REQUESTS"])
    servers = [Server(name, int(port)) for name, port in (one.split(":") for one in sys.argv[1:])]
    for server in servers:
        server.wait(workers)
    start = shown = time.monotonic()
    for server in servers:
        server.look(start)
    while (least := min(server.least() for server in servers)) < wanted:
        if time.monotonic() > shown + PROGRESS:
            shown = time.monotonic()
            print(f"load: each worker has answered {least} of {wanted} requests", flush=True)
        for server in servers:
            server.load()
            server.look(start)
            server.require_progress()
        servers.reverse()  # so that none is always the first
    for server in servers:
        server.write(wanted)


if __name__ == "__main__":
    main()
