"""The interpreters that have cowtrace: by the recipe, or by pip."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from buildtool import paths

PACKAGE = paths.ROOT / "Misc" / "cowtrace"
# Stock CPython of the recipe's default version has it in its standard library.
DEFAULT = "default"
MINORS = (
    DEFAULT,
    pytest.param("3.13", marks=pytest.mark.slow),
    "3.14",
    pytest.param("3.15", marks=pytest.mark.slow),
)


@pytest.fixture(scope="session")
def with_cowtrace(
    tmp_path_factory: pytest.TempPathFactory, stock: Path, stock_of: Callable[..., Path]
) -> Callable[[str], Path]:
    """A function that returns stock CPython of a minor version, in an environment with cowtrace."""
    made: dict[str, Path] = {}

    def get(minor: str) -> Path:
        if minor == DEFAULT:
            return stock
        if minor not in made:
            folder = tmp_path_factory.mktemp(f"cowtrace-{minor}")
            # setuptools builds in the folder itself.
            shutil.copytree(PACKAGE, folder / "package", ignore=shutil.ignore_patterns("build"))
            python = folder / "environment" / "bin" / "python"
            for command in (
                [stock_of(minor), "-m", "venv", python.parents[1]],
                [python, "-m", "pip", "install", "--quiet", folder / "package"],
            ):
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stdout + done.stderr
            made[minor] = python
        return made[minor]

    return get


@pytest.fixture(params=MINORS)
def python(request: pytest.FixtureRequest, with_cowtrace: Callable[[str], Path]) -> Path:
    """Stock CPython with cowtrace, of each minor version."""
    return with_cowtrace(request.param)


@pytest.fixture(params=("patched", *MINORS))
def any_python(
    request: pytest.FixtureRequest, patched: Path, with_cowtrace: Callable[[str], Path]
) -> Path:
    """CPython with the series, and stock of each minor version, with cowtrace."""
    return patched if request.param == "patched" else with_cowtrace(request.param)
