"""Callbacks of a fork that are registered while those before it run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def late_callbacks() -> Iterator[None]:
    """For a callback that runs before a fork, and in which modules may be loaded.

    A module such as concurrent.futures.thread registers that a lock is taken before each fork, and
    released after it. If it does so in such a callback, os runs what it has registered for after
    this fork, but not what for before it: the lock is released that nobody took. So what is
    registered here for before the fork is called at the end, in os's order.
    """
    register = os.register_at_fork
    waiting: list[Callable[[], Any]] = []
    ended = False

    def register_at_fork(**callbacks: Any) -> None:
        register(**callbacks)
        if not ended and callbacks.get("before") is not None:
            waiting.append(callbacks["before"])

    os.register_at_fork = register_at_fork
    try:
        yield
    finally:
        os.register_at_fork = register
        ended = True
        with contextlib.ExitStack() as stack:  # each is called, whatever another raises
            for before in waiting:
                stack.callback(before)
