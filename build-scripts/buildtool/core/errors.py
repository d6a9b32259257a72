"""The one exception of this package, and how a command reports it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class BuildError(Exception):
    """Something that the user can act on: "what is wrong; what to do", in one line."""


def restore_interrupt() -> None:
    """Make ^C interrupt this process and those that it starts, also in the background.

    A shell starts background jobs with ^C ignored; tests that send it would inherit that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def interrupts_held() -> Iterator[Callable[[], None]]:
    """Hold back what would interrupt this process until the function that it yields is called.

    That one raises KeyboardInterrupt if there was an interrupt, so that none comes between the
    start of another process and the statement that ends it. Only the main thread is interrupted.
    """
    came: list[int] = []
    held: dict[signal.Signals, Callable[..., object] | int | None] = {}

    def release() -> None:
        while held:
            signal.signal(*held.popitem())
        if came:
            came.clear()
            raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if callable(signal.getsignal(number)):  # else it is ignored, or ends this process
                held[number] = signal.signal(number, lambda signum, frame: came.append(signum))
    try:
        yield release
    finally:
        release()


def exit_status(command: Callable[[], None]) -> int:
    """Run *command*; return 0, or print its error in one line and return 1 (130 on ^C).

    A request to terminate is an interrupt, too, so that what is half-made is cleared away.
    An OSError that nobody expected says enough as it is: which file, and what happened to it.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        command()
    except (BuildError, OSError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 130
    return 0
