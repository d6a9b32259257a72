"""The distribution immortal-objects: with the interpreters, the type checker, and pip."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from buildtool.cli import wheels
from buildtool.core import paths
from buildtool.core.errors import BuildError
from harness import modules, run

FOLDER = paths.ROOT / "Misc" / "immortal-objects"


def call(*command: Path | str, status: int = 0) -> str:
    """Run a command in the distribution's folder; return what it printed, both streams."""
    ran = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True)
    assert ran.returncode == status, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


@pytest.fixture(params=["patched", "stock", "tools"])
def python(request: pytest.FixtureRequest) -> Path:
    """An interpreter: patched, stock, and that which runs the tests."""
    if request.param == "tools":
        return Path(sys.executable)
    return Path(request.getfixturevalue(request.param))


def test_own_tests(python: Path) -> None:
    said = call(python, "-B", "-m", "unittest", "discover", "tests")
    assert re.search(r"^Ran \d+ tests", said, re.MULTILINE), said


# As long as all others of the folder together, so most only on request.
SELDOM = [pytest.param(minor, marks=pytest.mark.slow) for minor in (10, 12, 13, 14)]


@pytest.mark.parametrize("minor", [9, *SELDOM])
def test_own_tests_elsewhere(minor: int) -> None:
    """Other releases of CPython, where this machine has them: on PATH, or in pyenv's folder."""
    # pyenv's shims on PATH run no release but the one that it is set to.
    on_path = [folder for folder in os.get_exec_path() if not folder.endswith("shims")]
    folders = [*Path.home().glob(".pyenv/versions/*/bin"), *on_path]
    python = shutil.which(f"python3.{minor}", path=os.pathsep.join(map(str, folders)))
    if python is None:
        pytest.skip(f"there is no python3.{minor} here")
    said = call(python, "-B", "-m", "unittest", "discover", "tests")
    assert re.search(r"^Ran \d+ tests", said, re.MULTILINE), said


def test_example(python: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", (FOLDER / "README.md").read_text(), re.M | re.S)
    run(python, code, env=modules(FOLDER))


def test_types() -> None:
    """mypy no longer knows 3.9, whose grammar is ruff's affair: see the pyproject.toml there."""
    mypy = Path(sys.executable).with_name("mypy")
    options = ("--strict", "--python-version=3.10", f"--cache-dir={paths.ROOT / '.mypy_cache'}")
    call(mypy, *options, "immortal_objects", "tests")


def test_release_is_complete(tmp_path: Path) -> None:
    """wheels.sh --verify: of the tag's version, each file once, and no other."""
    version = wheels.PROJECT["project"]["version"]
    stem, tag = f"immortal_objects-{version}", f"immortal-objects-{version}"
    names = [f"{stem}.tar.gz"]
    for tags, platform in wheels.DATA["pure"]:
        names.append(f"{stem}-{tags}-none-{platform}.whl")
    pythons = [(name, "") for name in wheels.DATA["versions"]]
    pythons += [(name, "t") for name in wheels.DATA["free-threaded"]]
    for minor, threads in pythons:
        python = "cp" + minor.replace(".", "")
        for machine in ("x86_64", "aarch64"):
            for platform in (f"manylinux2014_{machine}.manylinux_2_17_{machine}", "musllinux_1_2"):
                end = platform if platform.endswith(machine) else f"{platform}_{machine}"
                names.append(f"{stem}-{python}-{python}{threads}-{end}.whl")
    for name in names:
        (tmp_path / name).touch()
    wheels.verify(tag, tmp_path)
    for name in names:
        (tmp_path / name).unlink()
        with pytest.raises(BuildError, match="has nothing of: "):
            wheels.verify(tag, tmp_path)
        (tmp_path / name).touch()
    with pytest.raises(BuildError, match="isn't immortal-objects-"):
        wheels.verify(f"{tag}.1", tmp_path)
    (tmp_path / f"{stem}-py3-none-any.whl").touch()
    with pytest.raises(BuildError, match=r"py3-none-any\.whl, which isn't published"):
        wheels.verify(tag, tmp_path)
    said = call(paths.ROOT / "build-scripts/wheels.sh", "--verify", "other", status=1)
    assert said.startswith("error: the tag other isn't ")


@pytest.mark.parametrize(
    "page",
    [paths.ROOT / "README.md", paths.ROOT / "Misc/integrations/README.md", FOLDER / "README.md"],
)
def test_pages_say_how_to_install_it(page: Path) -> None:
    named = re.findall(r"^\S*python3\S* -m pip install (\./Misc/\S+)", page.read_text(), re.M)
    assert [(paths.ROOT / name).resolve() for name in named] == [FOLDER]


def test_pip_installs_it(
    stock: Path, patched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One wheel serves both interpreters, and tells type checkers that it is typed."""
    monkeypatch.setenv("IMMORTAL_OBJECTS_PURE", "1")
    quiet = ("-m", "pip", "--quiet", "--disable-pip-version-check")
    call(sys.executable, *quiet, "wheel", "--no-deps", f"--wheel-dir={tmp_path}", FOLDER)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name == "immortal_objects-2.0.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as file:
        names = [name for name in file.namelist() if "dist-info" not in name]
        licence = file.read("immortal_objects-2.0.0.dist-info/licenses/LICENSE").decode()
    holder, terms = licence.split("\n\n", 2)[1:]
    of_all = (paths.ROOT / "LICENSE").read_text()
    assert holder.startswith("Copyright") and f"{holder}\n\n{terms}" in of_all
    files = [path for path in (FOLDER / "immortal_objects").iterdir() if path.is_file()]
    assert sorted(names) == sorted(str(path.relative_to(FOLDER)) for path in files)
    for python in (stock, patched):
        place = tmp_path / python.parts[-3]
        options = ("--no-deps", "--no-index", "--root-user-action=ignore", f"--target={place}")
        call(python, *quiet, "install", *options, wheel)
        code = "from immortal_objects import *; print(is_immortal(immortal([1])))"
        answer = run(python, code, env=modules(place))
        assert answer == f"{python == patched}\n"
