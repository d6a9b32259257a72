"""immortal-objects on stock CPython 3.13 to 3.15: wheels, own tests, memory of forked processes"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from buildtool.core import paths
from harness import MISC, SEALED, modules
from package.stock import BEFORE, COPIED, SHARE, call, copied, install, pip_install
from waiting import free_port

# In the default tier 3.14 alone.
MINORS = ["3.14", *(pytest.param(minor, marks=pytest.mark.slow) for minor in ("3.13", "3.15"))]
GUNICORN = "gunicorn==27.0.1"
# A worker that serves 1,000 requests: what it may copy, and have for itself. In stock 55 MB each.
DJANGO_COPIED, DJANGO_PRIVATE = 1_500_000, 3_000_000
# For web.py and the processes that it starts.
IN_PLACE_OF_GC = Path(__file__).with_name("in_place_of_gc")


def test_what_is_made(made: Callable[[str], Path]) -> None:
    """Tags are true, and no pure wheel is taken where the sdist makes a better one."""
    names = sorted(path.name for path in made("3.14").iterdir())
    (sdist, old, extension, elsewhere) = (
        next(name for name in names if re.search(pattern, name))
        for pattern in (r"\.tar\.gz$", "cp39", "cp314", "py3-none")
    )
    assert len(names) == 4
    assert re.fullmatch(r"immortal_objects-\d+\.\d+\.\d+\.tar\.gz", sdist)
    assert re.search(r"-cp314-cp314-\S*manylinux_2_\d+_\w+\.whl$", extension)
    assert old.endswith("-none-any.whl") and not re.search(r"py3\b|cp312|cp313", old)
    assert "linux" not in elsewhere and "any" not in elsewhere.split("-none-")[1]


@pytest.mark.parametrize("minor", MINORS)
def test_own_tests(environment: Callable[[str], Path], minor: str) -> None:
    python = environment(minor)
    assert "by the extension" in call(python, "-m", "immortal_objects", "--check").stdout
    said = call(python, "-B", "-m", "unittest", "discover", ".").stderr
    assert re.search(r"^Ran 1\d\d tests", said, re.MULTILINE), said


@pytest.mark.slow
@pytest.mark.parametrize("minor", MINORS)
def test_forked_child_copies_nothing_of_much(
    environment: Callable[[str], Path], minor: str
) -> None:
    """2,000,000 records, 1.6 GB."""
    found = copied(environment(minor), COPIED, "2000000")
    print(minor, found)
    assert found["immortal"] > 20_000_000
    assert found["share"] <= SHARE * (5 if minor == "3.13" else 1)


@pytest.mark.parametrize("minor", MINORS)
def test_forked_child_copies_nothing(environment: Callable[[str], Path], minor: str) -> None:
    python = environment(minor)
    plain, immortal = copied(python, COPIED, "--plain"), copied(python, COPIED)
    print(minor, plain, immortal)  # for the README, by -rP
    assert plain["share"] > BEFORE
    assert immortal["immortal"] > 3_000_000
    assert immortal["share"] <= SHARE * (5 if minor == "3.13" else 1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.xfail(
    strict=True,
    reason="4 MB are copied: code that runs writes 1.9 MB of them, see the package's README",
)
@pytest.mark.parametrize("minor", MINORS)
def test_django_worker(environment: Callable[[str], Path], minor: str, tmp_path: Path) -> None:
    python = environment(minor)
    requirements = MISC / "workload/workload/shop/requirements.txt"
    pip_install(python, "-qq", "--target", tmp_path, "-r", requirements)
    found = {}
    for mode in ("nothing", "immortalize"):
        ran = call(
            python, SEALED / "web.py", "--mode", mode, **modules(tmp_path, SEALED, IN_PLACE_OF_GC)
        )
        found[mode] = json.loads(ran.stdout.splitlines()[-1])
    print(minor, found)
    copies = {mode: sum(one["copied"].values()) for mode, one in found.items()}
    assert copies["nothing"] > 20 * DJANGO_COPIED
    assert copies["immortalize"] <= DJANGO_COPIED
    assert found["immortalize"]["dirty"] <= DJANGO_PRIVATE


def test_sdist_without_compiler(
    made: Callable[[str], Path], stock_of: Callable[..., Path], tmp_path: Path
) -> None:
    """One line says what to do; what it says works."""
    (sdist,) = made("3.14").glob("*.tar.gz")
    python = install(stock_of("3.14"), tmp_path / "environment", "setuptools>=77")
    missing = {"CC": str(tmp_path / "missing")}
    failed = pip_install(python, "--no-build-isolation", sdist, status=1, **missing)
    lines = [line.strip() for line in (failed.stdout + failed.stderr).splitlines()]
    said = {line for line in lines if "immortal_objects._core can't be compiled" in line}
    assert len(said) == 1 and "Traceback" not in failed.stdout + failed.stderr
    assert "install a C compiler" in said.pop()
    call(python, "-c", "import immortal_objects", status=1)
    pip_install(python, "--no-build-isolation", sdist, **missing, IMMORTAL_OBJECTS_PURE="1")
    said_no = call(python, "-m", "immortal_objects", "--check", status=1).stdout
    assert said_no == "no: this interpreter can't make objects immortal\n"


def test_sdist_with_compiler(
    made: Callable[[str], Path], stock_of: Callable[..., Path], tmp_path: Path
) -> None:
    (sdist,) = made("3.14").glob("*.tar.gz")
    python = install(stock_of("3.14"), tmp_path, sdist)
    assert call(python, "-m", "immortal_objects", "--check").stdout.startswith("yes: CPython 3.14")


def test_wheels_says_what_is_wrong(stock: Path, tmp_path: Path) -> None:
    command = paths.ROOT / "build-scripts" / "wheels.sh"
    missing = tmp_path / "python3.14"
    for python, said in (
        (missing, f"error: {missing} can't be run; name CPython 3.12 to 3.15\n"),
        (stock, f"error: there is no extension for {stock}; name CPython 3.12 to 3.15\n"),
    ):
        ran = call(command, "--no-pure", "--output", tmp_path / "out", python, status=1)
        assert (ran.stdout, ran.stderr) == ("", said)
        assert list((tmp_path / "out").glob("*")) == []


@pytest.mark.slow
def test_gunicorn(environment: Callable[[str], Path]) -> None:
    """An application that knows nothing of the package: what its processes take, together."""
    python = environment("3.14")
    pip_install(python, "-qq", GUNICORN)
    script = Path(__file__).with_name("gunicorn_memory.py")
    found = json.loads(call(python, script, "3", "200000", str(free_port())).stdout)
    print(found)  # for the README, by -rP
    plain, immortal = found["plain"], found["immortal"]
    assert plain["workers"] == immortal["workers"] == 3
    assert immortal["private_dirty"] <= 0.1 * plain["private_dirty"]
    assert immortal["total_pss"] <= 0.6 * plain["total_pss"]
