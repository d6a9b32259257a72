"""Several things at once."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import os
import queue
import sched
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time

NUMBERS = list(range(20))
WHO: contextvars.ContextVar[str] = contextvars.ContextVar("WHO", default="nobody")


def square(number: int) -> int:
    return number * number


def change_threading() -> object:
    results: list[int] = []
    lock, ready = threading.Lock(), threading.Event()
    condition = threading.Condition()

    def run(number: int) -> None:
        ready.wait()
        with lock, condition:
            results.append(square(number))
            condition.notify_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in NUMBERS[:4]]
    for thread in threads:
        thread.start()
    ready.set()
    for thread in threads:
        thread.join()
    local = threading.local()
    local.value = 3
    return sorted(results), local.value


def work_queue() -> object:
    jobs: queue.PriorityQueue[int] = queue.PriorityQueue()
    for number in NUMBERS:
        jobs.put(-number)
    return [jobs.get() for _ in NUMBERS], jobs.empty()


def change_futures() -> object:
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(square, number) for number in NUMBERS]
        concurrent.futures.wait(futures)
        return list(pool.map(square, NUMBERS)), sum(future.result() for future in futures)


async def stage(source: asyncio.Queue[int], target: list[int]) -> None:
    while (number := await source.get()) >= 0:
        async with asyncio.timeout(5):
            target.append(square(number))
            await asyncio.sleep(0)


async def pipeline() -> list[int]:
    source: asyncio.Queue[int] = asyncio.Queue()
    found: list[int] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(stage(source, found))
        for number in (*NUMBERS, -1):
            await source.put(number)
    reader, writer = await asyncio.gather(asyncio.sleep(0, 1), asyncio.sleep(0, 2))
    return [*found, reader, writer]


def change_asyncio() -> object:
    return asyncio.run(pipeline())


def work_contextvars() -> object:
    context = contextvars.copy_context()
    context.run(WHO.set, "somebody")
    token = WHO.set("me")
    seen = WHO.get(), context[WHO]
    WHO.reset(token)
    return seen, WHO.get()


def work_selectors() -> object:
    left, right = socket.socketpair()
    with selectors.DefaultSelector() as selector, left, right:
        selector.register(right, selectors.EVENT_READ, "right")
        left.sendall(b"hello")
        return [(key.data, events) for key, events in selector.select(5)], right.recv(9)


def change_subprocess() -> object:
    done = subprocess.run(["cat"], input="text", capture_output=True, text=True, check=True)
    return done.stdout, subprocess.run(["false"], check=False).returncode, len(os.listdir("/")) > 3


def work_sched() -> object:
    scheduler = sched.scheduler(time.monotonic, time.sleep)
    seen: list[int] = []
    for number in NUMBERS[:4]:
        scheduler.enter(0, -number, seen.append, (number,))
    scheduler.run()
    before = signal.signal(signal.SIGUSR1, lambda *args: seen.append(-1))
    signal.raise_signal(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)
    return seen, sys.getrecursionlimit() > 10
