"""Where the source comes from: checksums, servers that fail, and Debian's packages."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from buildtool.core import apt, errors
from buildtool.interpreter import configuration
from buildtool.recipe import sources


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server that answers everything with the same wrong bytes."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"something else")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/Python.tgz"
        running.shutdown()
        thread.join()


def test_wrong_file_from_the_server(server: str, tmp_path: Path) -> None:
    wanted = sources.Source("3.11.2", server, "0" * 64, debian=None)
    with pytest.raises(errors.BuildError, match=rf"wrong checksum: {server} has"):
        sources.fetch(wanted, tmp_path, print)
    assert list((tmp_path / "s").iterdir()) == []


def test_right_file_from_the_server(server: str, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"something else").hexdigest()
    wanted = sources.Source("3.11.2", server, sha256, debian=None)
    assert sources.fetch(wanted, tmp_path, print).read_bytes() == b"something else"
    assert [path.name for path in (tmp_path / "s").iterdir()] == [sha256]


def test_unreachable_server_and_no_debian_package(tmp_path: Path) -> None:
    wanted = sources.Source("3.11.14", "http://127.0.0.1:9/Python.tgz", "0" * 64, debian=None)
    with pytest.raises(errors.BuildError, match=r"refused.*put the file at .*/s/000"):
        sources.fetch(wanted, tmp_path, print)


def test_unreachable_server_falls_back_to_debian(tmp_path: Path) -> None:
    if "VERSION_CODENAME=bookworm" not in Path("/etc/os-release").read_text():
        pytest.skip("only Debian 12 has a source package of 3.11.2")
    known = configuration.Configuration().source()
    url = "http://127.0.0.1:9/Python.tgz"
    wanted = sources.Source(known.version, url, known.sha256, known.debian)
    said: list[str] = []
    path = sources.fetch(wanted, tmp_path, said.append)
    sources.verify(path, known.sha256)
    assert said[-1] == "source: Debian's source package python3.11"


def test_apt_entries_become_source_entries() -> None:
    assert apt.source_entries("deb a b c\n# deb x\ndeb-src d e f\n", ".list") == (
        "deb-src a b c\n# deb x\ndeb-src d e f\n"
    )
    assert apt.source_entries("Types: deb\nURIs: a\n", ".sources") == ("Types: deb-src\nURIs: a\n")
