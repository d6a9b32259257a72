"""Stages, a running indication while a long command works, and the full log in a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from .errors import interrupts_held

# Seconds between two signs of life, on a terminal and in a log file.
TERMINAL_INTERVAL = 0.5
LOG_INTERVAL = 30.0


class Progress:
    """Tells the user which stage runs, and for how long; knows the file of the full log."""

    def __init__(self, stages: Sequence[str], log: Path, stream: TextIO | None = None) -> None:
        self.stages = stages
        self.log = log
        self.stream = stream or sys.stderr
        self._stage = ""
        self._start = time.monotonic()

    def stage(self, name: str, detail: str = "") -> None:
        """Begin the stage *name*, one of those given at the start."""
        self._stage = name
        self._print(f"{self._prefix()}{': ' * bool(detail)}{detail}\n")

    def say(self, text: str) -> None:
        """Print a line that belongs to the current stage."""
        self._print(f"      {text}\n")

    def run(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        watch: Callable[[str], str],
    ) -> int:
        """Run *command* with its output appended to the log; return its exit status.

        *watch* is called with every line of output, with an empty one before, and returns the state
        to show. An exception (an interrupt, most likely) ends the command with all that it has
        started.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        state = [watch("")]
        with self.log.open("a", errors="replace") as log:
            log.write(f"$ {' '.join(command)}\n")
            log.flush()
            with (
                interrupts_held() as release,
                subprocess.Popen(
                    command,
                    env=env,
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                    start_new_session=True,
                ) as process,
                self._signs_of_life(state),
            ):
                assert process.stdout is not None
                try:
                    release()
                    for line in process.stdout:
                        log.write(line)
                        state[0] = watch(line)
                except BaseException:
                    os.killpg(process.pid, signal.SIGTERM)
                    raise
        return process.returncode

    @contextmanager
    def _signs_of_life(self, state: list[str]) -> Iterator[None]:
        """Show state[0] and the time that has passed, again and again."""
        done = threading.Event()
        terminal = self.stream.isatty()
        start, end = ("\r\033[K", "") if terminal else ("", "\n")

        def show() -> None:
            while not done.wait(TERMINAL_INTERVAL if terminal else LOG_INTERVAL):
                self._print(f"{start}{self._prefix()}: {state[0]}{end}")

        thread = threading.Thread(target=show, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            if terminal:
                self._print("\r\033[K")

    def _prefix(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._start), 60)
        number = self.stages.index(self._stage) + 1
        return f"[{number}/{len(self.stages)} {minutes}:{seconds:02}] {self._stage}"

    def _print(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()
