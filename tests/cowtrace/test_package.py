"""cowtrace as a package: its own tests on each interpreter, its C, its types, what it refuses"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from buildtool.core import paths
from compiling import compile_with, config
from harness import modules

PACKAGE = paths.ROOT / "Misc" / "cowtrace"


def own_tests(python: Path) -> None:
    """Run the package's tests with *python*; fail with what they say."""
    command = [python, "-m", "unittest", "discover", "-s", PACKAGE / "tests"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=850,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr[-8000:]
    assert "Ran 0 tests" not in done.stderr


def test_own_tests(python: Path) -> None:
    own_tests(python)


def test_own_tests_with_an_immortal_heap(patched: Path) -> None:
    own_tests(patched)


@pytest.mark.parametrize("optimization", ("-O0", "-O2"))
def test_compiles_without_a_warning(python: Path, tmp_path: Path, optimization: str) -> None:
    found = config(python)
    compile_with(
        [
            *shlex.split(found["CC"]),
            "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", optimization,
            # The interpreter's own headers have warnings of their own.
            "-isystem", found["include"], str(PACKAGE / "src" / "_cowtrace.c"),
            "-o", str(tmp_path / "_cowtrace.so"),
        ]
    )  # fmt: skip


def test_types() -> None:
    command = [Path(sys.executable).with_name("mypy"), "--strict", "-p", "cowtrace"]
    done = subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("here", "reason"),
    (
        ("platform.machine = lambda: 'riscv64'", "Linux on x86_64 or aarch64; this is linux on"),
        ("sys.platform = 'darwin'", "Linux on x86_64 or aarch64; this is darwin on"),
        ("sys.version_info = (3, 10, 2)", "CPython 3.11 to 3.15; this is CPython 3.10"),
        ("sys.version_info = (3, 16, 0)", "CPython 3.11 to 3.15; this is CPython 3.16"),
        ("sys.implementation.name = 'pypy'", "CPython 3.11 to 3.15; this is "),
        ("sysconfig.get_config_var = lambda name: 1", "a build of CPython with the GIL; "),
    ),
)
def test_refuses_to_build_elsewhere(tmp_path: Path, here: str, reason: str) -> None:
    shutil.copy(PACKAGE / "setup.py", tmp_path)
    # setuptools isn't asked for anything before.
    code = (
        "import platform, sys, sysconfig, types\n"
        "sys.modules['setuptools'] = types.ModuleType('setuptools')\n"
        "sys.modules['setuptools'].Extension = sys.modules['setuptools'].setup = print\n"
        f"sysconfig.get_config_vars()\n{here}\n"
        "exec(compile(open('setup.py').read(), 'setup.py', 'exec'), {})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"cowtrace needs {reason}"), done.stderr
    assert done.stderr.count("\n") == 1


def test_can_be_built_here() -> None:
    """The refusals mean something: this interpreter is refused for none of these reasons."""
    assert sys.platform == "linux"
    assert not sysconfig.get_config_var("Py_GIL_DISABLED")


def test_import_elsewhere_is_refused_in_one_line(tmp_path: Path) -> None:
    code = "import sys; sys.platform = 'darwin'; import cowtrace"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PACKAGE, capture_output=True, text=True, check=False
    )
    last = done.stderr.splitlines()[-1]
    assert last == "ImportError: cowtrace needs Linux: no other system can trap the writes"


def test_another_release_is_refused(python: Path, tmp_path: Path) -> None:
    """Layouts are those of one release: what was installed for another is not used."""
    found = config(python)
    include = tmp_path / "include"
    shutil.copytree(found["include"], include)
    header = include / "patchlevel.h"
    text = header.read_text()
    micro = next(line for line in text.splitlines() if "define PY_MICRO_VERSION" in line)
    header.write_text(text.replace(micro, "#define PY_MICRO_VERSION 99"))
    compile_with(
        [
            *shlex.split(found["CC"]),
            "-shared", "-fPIC", "-isystem", str(include), str(PACKAGE / "src" / "_cowtrace.c"),
            "-o", str(tmp_path / "_cowtrace.so"),
        ]
    )  # fmt: skip
    done = subprocess.run(
        [python, "-S", "-c", "import _cowtrace"],
        env={**os.environ, **modules(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: cowtrace was installed for CPython 3.")
    assert last.endswith(": install it again")
