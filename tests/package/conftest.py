"""Wheels and environments for the tests of the package, each made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from buildtool.cli import wheels
from package.stock import install


def _of(stock_of: Callable[..., Path], name: str) -> Path:
    """Return stock CPython of a minor version; of its free-threaded build, if a t follows."""
    minor = name.rstrip("t")
    return stock_of(minor, free_threaded=True) if name != minor else stock_of(minor)


@pytest.fixture(scope="session")
def made(
    stock_of: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """A function that returns a folder with the sdist, pure wheels, and that of a version."""
    folders: dict[str, Path] = {}

    def make(minor: str) -> Path:
        if minor not in folders:
            folder = tmp_path_factory.mktemp("wheels")
            wheels.main([str(_of(stock_of, minor)), "--output", str(folder)])
            folders[minor] = folder
        return folders[minor]

    return make


@pytest.fixture(scope="session")
def environment(
    made: Callable[[str], Path],
    stock_of: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], Path]:
    """A function that returns an interpreter of a version with the wheel installed."""
    pythons: dict[str, Path] = {}

    def get(minor: str) -> Path:
        if minor not in pythons:
            (wheel,) = made(minor).glob("*-cp3*linux*.whl")
            folder = tmp_path_factory.mktemp("environment")
            pythons[minor] = install(_of(stock_of, minor), folder, wheel)
        return pythons[minor]

    return get
