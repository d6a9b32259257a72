"""Ports of this machine: find a free one, and wait for a server that listens."""

from __future__ import annotations

import socket
import subprocess
import time
from typing import Any

PATIENCE = 60  # seconds for a server to start


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[Any] | None = None) -> None:
    """Wait until something listens on *port*.

    Raises AssertionError after a minute, or if *process*, the server, ends before.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process is None or process.poll() is None, "the server has ended"
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens on port {port}")
