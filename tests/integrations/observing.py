"""Start the real thing, put it under load, and look at the memory of its processes from outside."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import os
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from harness import DISTRIBUTION, FIXED, MISC, TESTS, modules
from waiting import wait_for
from workload.heap import memory

PROGRAMS = TESTS / "integrations" / "programs"
EXAMPLES = MISC / "integrations"
# Seconds for a program to start, or to do its work, on a busy machine.
TIMEOUT = 600

Figures = dict[str, Any]


def environment(*sites: Path, **others: str) -> dict[str, str]:
    """Return the environment of a program: its modules are here, in *sites*, and in Misc/."""
    return {**os.environ, **FIXED, **modules(PROGRAMS, EXAMPLES, *sites, DISTRIBUTION), **others}


@contextlib.contextmanager
def started(command: Sequence[Path | str], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run *command* in a session of its own; end the whole session afterwards.

    It has a folder for temporary files, which goes with it. Raises AssertionError, with what the
    command said, if the body fails.
    """
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary,
        tempfile.TemporaryFile("w+", errors="replace") as log,
    ):
        process = subprocess.Popen(
            [str(word) for word in command],
            env={**env, "TMPDIR": temporary},
            cwd=PROGRAMS,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        except Exception as error:
            log.seek(0)
            raise AssertionError(f"{error!r}\n{log.read()[-6000:]}") from error
        finally:
            for pid in session(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()


def session(leader: int) -> list[int]:
    """Return the processes of a session that run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == leader and fields[0] != "Z":
                    found.append(int(entry.name))
    return found


def look(leader: int, workers: Sequence[int]) -> Figures:
    """Return the figures of a session whose *workers* have worked; sizes in bytes.

    private_dirty and pss are those of the average worker, total_pss is that of all processes.
    """
    sizes = {pid: memory(pid) for pid in session(leader)}
    assert set(workers) <= set(sizes), (workers, list(sizes))
    return {
        "workers": len(workers),
        "private_dirty": sum(sizes[pid]["Private_Dirty"] for pid in workers) // len(workers),
        "pss": sum(sizes[pid]["Pss"] for pid in workers) // len(workers),
        "total_pss": sum(size["Pss"] for size in sizes.values()),
    }


def pool(
    command: Sequence[Path | str],
    workers: int,
    env: dict[str, str],
    client: Sequence[Path | str] = (),
) -> Figures:
    """Run a program whose *workers* do a piece of data.py's work each; return its figures.

    It has to end with status 0 by itself; or *client* has to, which sends it the work.
    """
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        env = {**env, "DATA_FOLDER": name, "DATA_WORKERS": str(workers)}
        process = stack.enter_context(started(command, env))
        ending = stack.enter_context(started(client, env)) if client else process
        pids = arrived(process, folder, workers)
        figures = look(process.pid, pids)
        (folder / "seen").touch()
        status = ending.wait(TIMEOUT)
        assert status == 0, f"status {status}"
    return figures


def arrived(process: subprocess.Popen[str], folder: Path, workers: int) -> list[int]:
    """Wait until so many workers have done their work; return their processes."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        assert process.poll() is None, f"it ended too early, with status {process.returncode}"
        pids = [int(path.name) for path in folder.iterdir()]
        if len(pids) == workers:
            return pids
        time.sleep(0.05)
    raise AssertionError(f"only {len(pids)} of {workers} workers did their work")


def server(
    command: Sequence[Path | str],
    port: int,
    workers: int,
    paths: Iterator[str],
    count: int,
    env: dict[str, str],
) -> Figures:
    """Run a server on *port*, ask it for *count* of the *paths*; return its figures.

    It is asked for as many again until each of its *workers* has answered a quarter of its share.
    """
    with started(command, env) as process:
        wait_for(port)
        answers: Counter[int] = Counter()
        users: list[dict[str, str]] = [{} for _ in range(2 * workers)]
        with ThreadPoolExecutor(len(users)) as clients:
            for tries in itertools.count(1):
                portions = [list(itertools.islice(paths, count // len(users))) for _ in users]
                for served in clients.map(partial(use, port), users, portions):
                    answers.update(served)
                if len(answers) == workers and min(answers.values()) >= count // workers // 4:
                    break
                assert tries < 10, answers
        figures = look(process.pid, list(answers))
        process.send_signal(signal.SIGTERM)
        process.wait(TIMEOUT)
    return {**figures, "requests": answers.total()}


def use(port: int, cookies: dict[str, str], paths: Sequence[str]) -> Counter[int]:
    """Ask for *paths*, one after the other, as a user with cookies; count answers by worker."""
    answers: Counter[int] = Counter()
    for path in paths:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        headers = {"Host": "shop.example", "Cookie": cookie}
        with contextlib.closing(connection):
            connection.request("GET", path.replace(" ", "%20"), headers=headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status in (200, 302), (path, answer.status)
            for line in answer.headers.get_all("Set-Cookie", []):
                name, _, value = line.partition(";")[0].partition("=")
                cookies[name] = value
            answers[int(answer.headers["X-Worker"])] += 1
    return answers
