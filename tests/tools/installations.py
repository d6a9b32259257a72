"""Installations as an upgrade meets them: an old one with a user's additions, and a new package."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from buildtool.install import place as install
from buildtool.install import upgrade

SITE = Path("lib", "python3.11", "site-packages")


def make_package(folder: Path, word: str) -> Path:
    """Make what a build gives, as far as an upgrade looks at it; *word* is in all its files."""
    for name in ("bin/python3.11", "bin/pip3", "lib/python3.11/os.py", f"lib/python3.11/{word}.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(word)
    (folder / SITE / "pip").mkdir(parents=True)
    (folder / SITE / "pip" / "__init__.py").write_text(word)
    (folder / "bin" / "python3").symlink_to("python3.11")
    return folder


ADDED = {
    "lib/python3.11/site-packages/shop/__init__.py": "shop",
    "lib/python3.11/sitecustomize.py": "sitecustomize",
    "bin/shop": "a script",
    "etc/shop/settings": "settings",
    "include/site/python3.11/shop.h": "a header",
    "environment/lib/python3.11/site-packages/cart.py": "cart",
}


def make_old(tmp_path: Path) -> Path:
    """Make an old installation with what a user adds to it."""
    prefix = tmp_path / "place" / "python"
    package = make_package(tmp_path / "old package", "old")
    install.install(package, prefix, "name", "old", [], {"version": "3.11.2", "diffs": {}})
    for name, content in ADDED.items():
        (prefix / name).parent.mkdir(parents=True, exist_ok=True)
        (prefix / name).write_text(content)
    (prefix / "bin/shop").chmod(0o755)
    (prefix / "environment/python").symlink_to("../bin/python3.11")
    (prefix / SITE / "pip/__init__.py").write_text("newer, by the user")
    return prefix


def check_added(prefix: Path) -> None:
    """Fail unless all that the user added is there."""
    assert {name: (prefix / name).read_text() for name in ADDED} == ADDED
    assert (prefix / "bin/shop").stat().st_mode & 0o777 == 0o755
    assert (prefix / SITE / "pip/__init__.py").read_text() == "newer, by the user"
    assert os.readlink(prefix / "environment/python") == "../bin/python3.11"
    assert (prefix / "bin/python3").resolve() == (prefix / "bin/python3.11").resolve()


def check_word(prefix: Path, word: str) -> None:
    """Fail unless what came with the package is as a whole that of *word*."""
    assert install.is_current(prefix, word)
    for name in ("bin/python3.11", "bin/pip3", "lib/python3.11/os.py", f"lib/python3.11/{word}.py"):
        assert (prefix / name).read_text() == word
    other = {"old": "new", "new": "old"}[word]
    assert not (prefix / "lib/python3.11" / f"{other}.py").exists()


@contextlib.contextmanager
def mounted(place: Path, *options: str) -> Iterator[None]:
    """Mount a file system in memory, or what *options* say, on *place* meanwhile; or skip."""
    command = ["mount", *(options or ("-t", "tmpfs", "tmpfs")), str(place)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip(f"this can be done by root only, and not in every container: {command}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


@contextlib.contextmanager
def nobodys_place() -> Iterator[Path]:
    """A folder that can be reached by any user; skip unless this is root, who can be nobody."""
    if os.geteuid():
        pytest.skip("only root can act as another user")
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


@contextlib.contextmanager
def as_nobody(place: Path, roots: Path | None = None) -> Iterator[None]:
    """Be another user meanwhile, to whom all in *place* belongs but *roots*."""
    for path in (place, *place.rglob("*")):
        if path != roots:
            os.chown(path, 65534, 65534, follow_symlinks=False)
    os.setegid(65534), os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0), os.setegid(0)


def upgraded(prefix: Path, place: Path) -> None:
    """Upgrade *prefix* to a new package, made in *place*; fail unless all is there then."""
    package = make_package(place / "package", "new")
    install.install(package, prefix, "name", "new", complete=upgrade.keep)
    check_word(prefix, "new")
    check_added(prefix)
