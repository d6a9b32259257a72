"""Packages whose C code looks at counts of its own objects, or locks something by being there.

programs/counts.py uses them. What immortalize_heap() of immortal_objects leaves mortal by
default is as in stock; without that, what the distribution's README says goes wrong does.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from compiling import compile_with, config
from harness import DISTRIBUTION, TESTS, modules, run_json, site_packages

WANTED = TESTS / "integrations" / "programs" / "counts.txt"
SCRIPT = TESTS / "integrations" / "programs" / "counts.py"
# What goes wrong where everything is immortal.
WRONG = {
    "array": "ValueError: cannot resize an array",
    "growing_array": "ValueError: cannot resize an array",
    "array_over_buffer": "BufferError: Existing exports of data",
    "cffi": "BufferError: Existing exports of data",
}


@pytest.fixture(scope="module")
def site(patched: Path, stock: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Where the packages are, and a folder with kennel; all of them compiled for stock."""
    packages = site_packages(patched, WANTED)
    folder = tmp_path_factory.mktemp("kennel")
    found, source = config(stock), packages / "nanobind"
    includes = (source / "include", source / "ext" / "robin_map" / "include", found["include"])
    options = ("-shared", "-O1", "-std=c++17", "-fvisibility=hidden", "-DNDEBUG")
    command = [*shlex.split(found["CXX"]), *shlex.split(found["CCSHARED"]), *options]
    command += [f"-I{include}" for include in includes]
    command += [str(SCRIPT.with_name("kennel.cpp")), str(source / "src" / "nb_combined.cpp")]
    compile_with([*command, "-o", str(folder / "kennel.so")])
    return [packages, folder]


@pytest.fixture(scope="module")
def mortal(stock: Path, site: list[Path]) -> Any:
    """What each use comes to in stock."""
    return run_json(stock, SCRIPT, "nothing", env=modules(DISTRIBUTION, *site))


@pytest.mark.parametrize("mode", ["nothing", "default"])
def test_as_in_stock(patched: Path, site: list[Path], mortal: Any, mode: str) -> None:
    """Also nanobind's silence at exit: run_json() takes no word on stderr."""
    assert len(mortal) == 13
    assert run_json(patched, SCRIPT, mode, env=modules(DISTRIBUTION, *site)) == mortal


def test_everything_immortal(patched: Path, site: list[Path], mortal: Any) -> None:
    """The types that are left mortal by default, and no others, are those that have to be."""
    found = run_json(patched, SCRIPT, "everything", env=modules(DISTRIBUTION, site[0]))
    differing = {name for name in found if name != "nanobind" and found[name] != mortal[name]}
    assert differing == set(WRONG)
    assert all(found[name].startswith(said) for name, said in WRONG.items())


def test_nanobind_complains_of_immortal_instances(patched: Path, site: list[Path]) -> None:
    command = [patched, SCRIPT, "everything"]
    env = os.environ | modules(DISTRIBUTION, *site)
    ran = subprocess.run(command, env=env, capture_output=True, text=True)
    assert ran.returncode == 0
    assert re.search(r"^nanobind: leaked 2 instances!$", ran.stderr, re.MULTILINE)
