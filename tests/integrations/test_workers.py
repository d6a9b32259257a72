"""Real servers and pools fork from an immortal heap: their workers' memory, patched and stock.

Misc/integrations has the one line that each of them needs; cases.py says how they are
run. The bars are for what all processes of a program take together (PSS), and for what a worker
has copied (Private_Dirty). Misc/integrations/measured.json has what was measured at full size.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from buildtool.core import pages, paths
from harness import DISTRIBUTION, keep, modules, run, script, site_packages, without_modules
from integrations import cases, observing
from waiting import free_port, wait_for

MB = 1_000_000
SERVERS = ("gunicorn, sync", "gunicorn, gthread", "uvicorn and FastAPI under gunicorn", "uWSGI")
# Each task imports what Airflow needs for it, and talks to its API server.
AIRFLOW, AIRFLOW_ALONE = "Airflow, LocalExecutor", "Airflow, without our records"
LOADER = "PyTorch's DataLoader"
# NumPy's wheels count references of immortal objects, too: see the README.
NOT_ALL, COMPILED = "NumPy and pandas, objects", "NumPy and pandas, NumPy compiled"
# uWSGI and NumPy are compiled; Airflow is 130 packages, PyTorch with its own 5 GB.
SLOW = ("uWSGI", COMPILED, AIRFLOW, AIRFLOW_ALONE)
HOUR = pytest.mark.timeout(3600)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow, HOUR] if name in SLOW else [])
        for name in cases.CASES
        if name != LOADER
    ],
)
def test_workers_share(patched: Path, stock: Path, name: str, record: bool) -> None:
    if "Celery" in name and not shutil.which("redis-server"):
        pytest.skip("no redis-server; Debian's package of that name has it")
    size = cases.FULL if record else cases.SMALL
    before, after = (
        cases.CASES[name](cases.Place(python, patched), size) for python in (stock, patched)
    )
    print(f"{name}\n  stock   {before}\n  patched {after}")
    if record:
        keep(cases.MEASURED, name, {"stock": before, "patched": after}, cases.CASES)
    assert after["workers"] == before["workers"]
    if name in SERVERS:
        assert after["private_dirty"] < 0.35 * before["private_dirty"]
        assert after["total_pss"] < 0.8 * before["total_pss"]
    elif name == NOT_ALL:
        assert after["private_dirty"] < 0.6 * before["private_dirty"]
    elif name == AIRFLOW_ALONE:
        assert after["private_dirty"] < 0.5 * before["private_dirty"]
        assert after["total_pss"] < 0.7 * before["total_pss"]
    else:
        assert before["private_dirty"] > 20 * MB, "the data is read"
        assert after["private_dirty"] < (12 if name == AIRFLOW else 3) * MB
        # One child alone is no great share.
        assert after["total_pss"] < (0.9 if after["workers"] == 1 else 0.5) * before["total_pss"]


DATA = """from immortal_objects import is_immortal

WORKERS = 2
TABLE = [["record"]]

def work(number):
    return is_immortal(TABLE[0])
"""


CASE = """import os
from immortal_objects import is_immortal

parent, value = os.getpid(), object()

def test_case():
    assert os.getpid() != parent and is_immortal(value)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder with the package, and nothing else of this project."""
    folder = tmp_path / "program"
    shutil.copytree(DISTRIBUTION / "immortal_objects", folder / "immortal_objects")
    return folder


def run_copied(command: list[Path | str], folder: Path, **env: str) -> str:
    """Run a command in a folder, with none of our modules but those in *env*; return its output."""
    env = {**without_modules(), **env}
    ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    return ran.stdout


def test_forkserver_from_another_folder(patched: Path, program: Path) -> None:
    """The examples as they are copied: beside one's own modules."""
    (program / "data.py").write_text(DATA)
    for name in ("multiprocessing_forkserver.py", "forkserver_preload.py"):
        shutil.copy(cases.EXAMPLES / name, program)
    command = [patched, "-B", program / "multiprocessing_forkserver.py"]
    assert run_copied(command, program.parent) == "2\n", "as many workers found it immortal"


@pytest.mark.parametrize("copied", ["pytest_hook.py", "conftest.py"])
def test_commands_of_pytest_forked(patched: Path, program: Path, copied: str) -> None:
    """The command as the example's docstring has it, or with the function in conftest.py."""
    example = cases.EXAMPLES / "pytest_hook.py"
    shutil.copy(example, program / copied)
    (program / "test_case.py").write_text(CASE)
    (line,) = re.findall(r"^    python (.+)$", example.read_text(), re.MULTILINE)
    words = line.split() if copied == example.name else ["-m", "pytest", "--forked"]
    sites = cases.Place(patched, patched).sites()
    options = ("-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={program}")
    said = run_copied([patched, "-B", *words, *options], program, **modules(*sites))
    assert "1 passed" in said


POST_FORK = """from immortal_objects import immortalize_heap

preload_app = True

def post_fork(server, worker):
    immortalize_heap()
"""
APPLICATION = """DATA = [str(number) for number in range(100_000)]

def application(environ, start_response):
    start_response("200 OK", [])
    return [b""]
"""


@pytest.mark.parametrize("kind", ["patched", "stock"])
def test_gunicorn_hook_that_is_too_late(
    kind: str, patched: Path, program: Path, request: pytest.FixtureRequest
) -> None:
    """Each of the workers logs what to do; a hook in the master has nothing to log."""
    python, sites = request.getfixturevalue(kind), cases.Place(patched, patched).sites()
    (program / "loaded.py").write_text(APPLICATION)
    (program / "late.py").write_text(POST_FORK)
    env = modules(program, *sites)
    message = r"immortalize_heap\(\) called in a forked worker .*when_ready, not post_fork"
    ready, said = {program / "late.py": message, cases.EXAMPLES / "gunicorn.conf.py": "Booting"}, []
    for config, awaited in ready.items():
        port, log = free_port(), program / f"{config.name}.log"
        options = ("-c", config, "-w", "2", "-b", f"127.0.0.1:{port}", "--log-file", log)
        command = [python, "-B", "-m", "gunicorn", *options, "--capture-output", "loaded"]
        with observing.started(command, {**os.environ, **env}) as process:
            wait_for(port)
            end = time.monotonic() + 60
            while len(re.findall(awaited, log.read_text())) < 2 and time.monotonic() < end:
                time.sleep(0.1)
            process.terminate()
            process.wait(observing.TIMEOUT)
        said.append(log.read_text())
    late, in_time = said
    assert len(re.findall(message, late)) == 2, late
    assert "Booting worker" in in_time and "forked worker" not in in_time, in_time


ELEMENTS = """import sys, types
sys.modules["frames"] = types.SimpleNamespace(ARRAY=0, FRAME=0, WORKERS=0, work=0)
import numpy as np, numpy_pandas, pandas as pd

def named(array):
    numpy_pandas.immortal = (found := []).append
    numpy_pandas.make_elements_immortal(array)
    return found

words = [f"city of {number}" for number in range(4)]
square = np.array(words, dtype=object).reshape(2, 2)
kept = [square, square.T, pd.Series(words, dtype=object), pd.Series(words, dtype="string[python]")]
for array in kept:
    assert sorted(map(id, named(array))) == sorted(map(id, words)), array
arrow = pd.Series(words)
assert arrow.dtype.storage == "pyarrow"
for array in (arrow, pd.Series(range(4)), np.arange(4.0), pd.Series(words, dtype="category")):
    assert named(array) == [], array
"""


def test_elements_of_arrays(patched: Path) -> None:
    """Python objects that an array keeps are named, and none that is made for the occasion."""
    site = site_packages(patched, observing.PROGRAMS / "arrow.txt")
    run(patched, ELEMENTS, env=modules(cases.EXAMPLES, DISTRIBUTION, site))


@pytest.mark.slow
def test_data_loader(patched: Path, stock: Path, record: bool) -> None:
    """At full size; what a worker copies in any case is what one with an empty list does."""
    before, after = (
        cases.data_loader(cases.Place(python, patched), cases.FULL) for python in (stock, patched)
    )
    print(f"stock   {before}\npatched {after}")
    if record:
        keep(cases.MEASURED, LOADER, {"stock": before, "patched": after}, cases.CASES)
    check_loader(before, after)


def check_loader(stock: dict[str, Any], patched: dict[str, Any]) -> None:
    """In stock a worker copies the whole list, but for its pointers, which have no counts."""
    assert stock["workers"] == patched["workers"] == 8
    assert stock["growth"] >= 0.85 * stock["list"]
    assert patched["growth"] <= 0.01 * patched["list"]


# What the README shows


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """What was measured at full size."""
    return dict(json.loads(cases.MEASURED.read_text()))


def test_table_is_that_of_the_measurements(measured: dict[str, Any]) -> None:
    module = script(cases.EXAMPLES / "table.py")
    assert list(measured) == list(cases.CASES) == list(module.EXAMPLES)
    page = (cases.EXAMPLES / "README.md").read_text()
    assert pages.block("integrations", module.table(measured)) in page
    assert pages.block("loader", module.loader(measured[LOADER])) in page
    first = (paths.ROOT / "README.md").read_text()
    assert pages.block("integrations", module.summary(measured)) in first
    for name in module.EXAMPLES.values():
        assert ast.get_docstring(ast.parse((cases.EXAMPLES / name).read_text()))


def test_bars_of_what_was_measured(measured: dict[str, Any]) -> None:
    for name in cases.CASES:
        stock, patched = measured[name]["stock"], measured[name]["patched"]
        if name == LOADER:
            check_loader(stock, patched)
        elif name not in (NOT_ALL, AIRFLOW_ALONE, "pytest-forked"):
            assert patched["workers"] == stock["workers"] == 8
            assert patched["total_pss"] <= 0.5 * stock["total_pss"], name
        assert patched.get("requests", 2000) >= 2000
