"""CPython of later versions with the series for them: their own tests, and what a child copies"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from buildtool.core import paths, versions
from buildtool.recipe import patches
from harness import DISTRIBUTION, MISC, modules
from package.stock import BEFORE, COPIED, SHARE, call, copied

DATA = versions.conan_data()
DEFAULT = versions.Python(versions.default()).minor
MINORS = [name for name in versions.all_series(DATA) if name != DEFAULT]
READY = all(f"CPYTHON_IMMORTAL_PATCHED_{one.replace('.', '_')}" in os.environ for one in MINORS)
# A build takes minutes: in the default tier, only interpreters that are there.
slow_unless_ready = pytest.mark.timeout(1800) if READY else pytest.mark.slow
# What the series has in files of its own
OWN = {"module.c", "usable.c", "ending.c"}


@pytest.mark.parametrize("minor", MINORS)
def test_all_files_of_the_core_are_built_in(minor: str) -> None:
    """The patch lists them by name: one that is new has to be added there."""
    text = (paths.series_folder(minor) / "gc-immortalize.patch").read_text()
    line = next(one for one in text.splitlines() if one.startswith("+_immortal "))
    listed = {Path(word).name for word in line.split() if word.startswith("_immortal/")}
    there = {path.name for path in (paths.ROOT / patches.CORE_SOURCES).glob("*.c")}
    assert listed == there - OWN


def test_core_is_laid_where_it_is_used(tmp_path: Path) -> None:
    patches.lay_core(tmp_path, paths.ROOT)
    assert not list(tmp_path.iterdir())
    (tmp_path / patches.CORE_USER).parent.mkdir()
    (tmp_path / patches.CORE_USER).touch()
    for _ in range(2):
        patches.lay_core(tmp_path, paths.ROOT)
        placed = {path.name for path in (tmp_path / patches.CORE).iterdir()}
        assert placed == {path.name for path in (MISC / "immortal-objects/src").glob("*.[ch]")}


@slow_unless_ready
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("minor", MINORS)
def test_own_tests(patched_of: Callable[[str], Path], minor: str) -> None:
    names = ("test_immortal", "test_gc", "test_weakref", "test_code", "test_opcache")
    call(patched_of(minor), "-m", "test", "-j2", *names)


@slow_unless_ready
@pytest.mark.parametrize("minor", MINORS)
def test_package_hands_over(patched_of: Callable[[str], Path], minor: str) -> None:
    env = modules(DISTRIBUTION)
    said = call(patched_of(minor), "-B", "-m", "immortal_objects", "--check", **env).stdout
    assert "makes objects immortal, by its gc" in said


@slow_unless_ready
@pytest.mark.timeout(600)
@pytest.mark.parametrize("minor", MINORS)
def test_forked_child_copies_nothing(patched_of: Callable[[str], Path], minor: str) -> None:
    python, env = patched_of(minor), modules(DISTRIBUTION)
    plain, immortal = (copied(python, "-B", COPIED, *how, **env) for how in (("--plain",), ()))
    print(minor, plain, immortal)
    assert plain["share"] > BEFORE
    assert immortal["immortal"] > 3_000_000
    assert immortal["share"] <= SHARE
