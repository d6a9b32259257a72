"""What tests of releases share: the files that release.sh makes of the patched interpreter."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import run_module


@pytest.fixture(scope="session")
def published(patched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the archive, its checksum, and the list of what it was made from."""
    folder = tmp_path_factory.mktemp("published")
    command = ("archive", "--prefix", patched.parents[1], "--output", folder)
    ran = run_module("buildtool.cli.release", *command, limit=900)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert sorted(ran.stdout.split()) == sorted(map(str, folder.iterdir()))
    return folder


@pytest.fixture(scope="session")
def archive(published: Path) -> Path:
    """The archive."""
    (found,) = published.glob("*.tar.gz")
    return found


@pytest.fixture(scope="session")
def server(published: Path) -> Iterator[str]:
    """The address of a server on this machine that has what is published."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(published))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()
