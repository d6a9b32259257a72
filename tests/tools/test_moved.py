"""An installation that was moved: its scripts, environments, extensions and settings follow."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from commands import output_of

SETUP = """\
from setuptools import Extension, setup
setup(name="sample", version="1", ext_modules=[Extension("sample", ["sample.c"])])
"""
SAMPLE = """\
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *args) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "sample", 0, -1, methods};
PyMODINIT_FUNC PyInit_sample(void) { return PyModule_Create(&module); }
"""


@pytest.fixture(scope="module")
def moved(stock: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that build.sh made, copied to where it was never meant to be."""
    prefix = tmp_path_factory.mktemp("somewhere") / "else"
    shutil.copytree(stock.parents[1], prefix, symlinks=True)
    return prefix


def test_moved_sysconfig_names_the_new_place(moved: Path) -> None:
    code = """if True:
        import json, sysconfig
        variables = {k: v for k, v in sysconfig.get_config_vars().items() if isinstance(v, str)}
        print(json.dumps([variables, sysconfig.get_paths()]))
        """
    variables, found = json.loads(output_of(moved / "bin" / "python3.11", "-c", code))
    assert not [name for name, value in variables.items() if "/opt/cpython-immortal" in value]
    for name in ("prefix", "BINDIR", "LIBDIR", "LIBPL", "INCLUDEPY", "LIBDEST", "CONFINCLUDEPY"):
        assert variables[name].startswith(str(moved)), name
        assert Path(variables[name]).is_dir(), name
    assert all(path.startswith(str(moved)) for path in found.values())
    assert "ccache" not in variables["CC"]


def test_moved_scripts_run(moved: Path) -> None:
    assert str(moved) in output_of(moved / "bin" / "pip3.11", "--version")
    assert "pydoc" in output_of(moved / "bin" / "pydoc3.11", "pydoc")
    assert output_of(moved / "bin" / "2to3-3.11", "--list-fixes").startswith("Available")
    includes = output_of(moved / "bin" / "python3.11-config", "--includes")
    assert f"-I{moved}/include/python3.11" in includes


def test_moved_script_runs_through_a_link(moved: Path, tmp_path: Path) -> None:
    (tmp_path / "pip").symlink_to(moved / "bin" / "pip3.11")
    assert str(moved) in output_of(tmp_path / "pip", "--version")


def test_moved_pkg_config_file(moved: Path) -> None:
    if shutil.which("pkg-config") is None:
        pytest.skip("pkg-config is not installed")
    setting = f"PKG_CONFIG_PATH={moved / 'lib' / 'pkgconfig'}"
    flag = output_of("env", setting, "pkg-config", "--cflags-only-I", "python-3.11").strip()
    assert Path(flag.removeprefix("-I"), "Python.h").is_file()
    assert str(moved) in flag


def test_moved_makes_environments_and_installs_wheels(moved: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "def main():\n    print('tiny works')\n")
        info = "tiny-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", "[console_scripts]\ntiny = tiny:main\n")
        archive.writestr(f"{info}/RECORD", "")
    environment = tmp_path / "venv"
    output_of(moved / "bin" / "python3.11", "-m", "venv", environment)
    output_of(environment / "bin" / "pip", "install", "--no-index", wheel)
    assert output_of(environment / "bin" / "tiny") == "tiny works\n"
    code = "import sys; print(sys.base_prefix)"
    assert output_of(environment / "bin" / "python", "-c", code).strip() == str(moved)


def test_wheels_that_pip_builds_are_kept_apart(patched: Path, stock: Path, tmp_path: Path) -> None:
    """Unless the user says otherwise; and wherever the installation is moved to."""
    prefix = tmp_path / "moved"
    shutil.copytree(patched.parents[1], prefix, symlinks=True)
    python = prefix / "bin" / "python3.11"
    home = tmp_path / "home"
    base = {"PATH": "/usr/bin:/bin", "HOME": str(home)}

    def folder(python: Path, *options: str, **more: str) -> Path:
        command = [python, "-m", "pip", *options, "cache", "dir"]
        ran = subprocess.run(command, env={**base, **more}, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        return Path(ran.stdout.strip())

    usual = home / ".cache" / "pip"
    assert folder(stock) == usual
    assert folder(python) == usual / "cpython-immortal"
    assert folder(python, PIP_CACHE_DIR="/given") == Path("/given")
    assert folder(python, "--cache-dir=/given") == Path("/given")
    subprocess.run([python, "-m", "venv", tmp_path / "env"], check=True)
    # An environment's pip reads its own settings alone.
    assert folder(tmp_path / "env" / "bin" / "python") == usual
    shutil.copy(prefix / "pip.conf", tmp_path / "env")
    assert folder(tmp_path / "env" / "bin" / "python") == usual / "cpython-immortal"


def test_moved_builds_extensions(moved: Path, tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text(SETUP)
    (tmp_path / "sample.c").write_text(SAMPLE)
    python = tmp_path / "venv" / "bin" / "python"
    output_of(moved / "bin" / "python3.11", "-m", "venv", python.parents[1])
    output_of(python, "setup.py", "build_ext", "--inplace", cwd=tmp_path)
    code = "import sample; print(sample.answer())"
    assert output_of(python, "-c", code, cwd=tmp_path) == "42\n"


def test_nothing_names_the_build_folder(moved: Path) -> None:
    """Only variables that record how it was built may; never a path that something follows."""
    code = """if True:
        import sysconfig
        print([k for k, v in sysconfig.get_config_vars().items() if "/p/b/" in str(v)])
        """
    found = output_of(moved / "bin" / "python3.11", "-c", code)
    allowed = {"CONFIG_ARGS", "COVERAGE_INFO", "COVERAGE_REPORT", "abs_builddir", "abs_srcdir"}
    assert set(json.loads(found.replace("'", '"'))) <= allowed
