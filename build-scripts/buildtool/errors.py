"""The one exception of this package, and how a command reports it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable


class BuildError(Exception):
    """Something that the user can act on: "what is wrong; what to do", in one line."""


def restore_interrupt() -> None:
    """Make ^C interrupt this process and those that it starts, also in the background.

    A shell starts background jobs with ^C ignored; tests that send it would inherit that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


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
