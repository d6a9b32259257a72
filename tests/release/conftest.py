"""What tests of releases share: the files that release.sh makes of the patched interpreter."""

from __future__ import annotations

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
