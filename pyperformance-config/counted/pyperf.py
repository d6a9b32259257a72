"""Stands in for pyperf where callgrind counts: runs one benchmark a given number of times.

The script of a benchmark imports this in its place, by PYTHONPATH, and calls what it calls of
pyperf. $COUNTED is a JSON object: "name", the one of the script's benchmarks that is meant;
"warmups" and "loops", how often it runs without and with counting; "globals", what replaces global
names of the script. What is counted lies between one call each of two functions of the C library,
getppid() and getsid(), that callgrind is told to watch and that nothing else calls.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter  # noqa: F401  (which scripts take from here)
from typing import Any

COUNTED = json.loads(os.environ["COUNTED"])


def python_implementation() -> str:
    """Return the implementation's name, as pyperf does."""
    return sys.implementation.name


class Runner:
    """What benchmarks use of pyperf.Runner."""

    def __init__(self, add_cmdline_args: object = None) -> None:
        self.argparser = argparse.ArgumentParser()
        self.metadata: dict[str, object] = {}
        vars(sys.modules["__main__"]).update(COUNTED["globals"])

    def parse_args(self) -> argparse.Namespace:
        """Return the script's own arguments."""
        return self.argparser.parse_args()

    def bench_time_func(
        self, name: str, time_func: Callable[..., float], *args: Any, **_: Any
    ) -> None:
        """Count time_func(loops, *args), if that is what is meant."""
        if name == COUNTED["name"]:
            if COUNTED["warmups"]:
                time_func(COUNTED["warmups"], *args)
            os.getppid()
            time_func(COUNTED["loops"], *args)
            os.getsid(0)

    def bench_func(self, name: str, func: Callable[..., object], *args: Any, **_: Any) -> None:
        """Count so many calls of func(*args), if that is what is meant."""

        def time_func(loops: int) -> float:
            for _ in range(loops):
                func(*args)
            return 0.0

        self.bench_time_func(name, time_func)

    def bench_async_func(
        self, name: str, func: Callable[..., Awaitable[object]], *args: Any, **_: Any
    ) -> None:
        """Count so many times `await func(*args)`, each in an event loop that was there before."""
        if name != COUNTED["name"]:
            return
        import asyncio

        async def loop(count: int) -> None:
            for _ in range(count):
                await func(*args)

        with asyncio.Runner() as runner:
            self.bench_time_func(name, lambda loops: runner.run(loop(loops)) or 0.0)
