"""The interpreters that have cowtrace: by the recipe, or by pip."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from buildtool.core import paths
from harness import run

PACKAGE = paths.ROOT / "Misc" / "cowtrace"
# Stock CPython of the recipe's default version has it in its standard library.
DEFAULT = "default"
MINORS = (
    DEFAULT,
    pytest.param("3.13", marks=pytest.mark.slow),
    "3.14",
    pytest.param("3.15", marks=pytest.mark.slow),
)


def install(base: Path, folder: Path) -> Path:
    """Return the interpreter of an environment of *base* into which pip has put cowtrace."""
    # setuptools builds in the folder itself.
    ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
    shutil.copytree(PACKAGE, folder / "package", ignore=ignored)
    python = folder / "environment" / "bin" / "python"
    for command in (
        [base, "-m", "venv", python.parents[1]],
        [python, "-m", "pip", "install", "--quiet", folder / "package"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    # The recipe's interpreters have one in their standard library, which would come first.
    site = Path(run(python, "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (site / "first.pth").write_text(f"import sys; sys.path.insert(0, {str(site)!r})\n")
    found = run(python, "import cowtrace, _cowtrace; print(cowtrace.__file__, _cowtrace.__file__)")
    assert all(Path(name).is_relative_to(site) for name in found.split()), found
    return python


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
            made[minor] = install(stock_of(minor), tmp_path_factory.mktemp(f"cowtrace-{minor}"))
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
