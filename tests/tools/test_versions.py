"""The versions that there are, the names that follow from one, and what can't be built of it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from buildtool.core import apt, errors, paths, targets, versions
from buildtool.core.versions import Python
from buildtool.install import place
from buildtool.interpreter import build, inputs, probe
from buildtool.interpreter.configuration import Configuration
from buildtool.recipe import sources
from buildtool.recipe.options import ALWAYS, OPTIONS, configure_args
from commands import build as call
from commands import error_line
from compiling import extension
from harness import modules, run, run_json

SAMPLE = """\
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *args)
{ (void)self; (void)args; return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "answer", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_answer(void)
{   PyObject *made = PyModule_Create(&module);
#ifdef Py_GIL_DISABLED
    PyUnstable_Module_SetGIL(made, Py_MOD_GIL_NOT_USED);
#endif
    return made; }
"""


@pytest.mark.parametrize("version", list(versions.conan_data()["sources"]))
def test_every_version_has_its_data(version: str) -> None:
    data = versions.conan_data()
    assert Python(version).facts.makefile
    assert sources.source(data, version).url.endswith((".tgz", ".tar.xz"))
    series = versions.series(data, version)
    assert not series or (paths.series_folder(series) / "series").is_file()
    assert Configuration(version=version, immortal=False).fingerprint()


def test_every_file_of_a_minor_version_is_of_one_that_there_is() -> None:
    minors = {Python(version).minor for version in versions.conan_data()["sources"]}
    folder = paths.ROOT / "build-scripts" / "versions"
    assert {path.stem for path in folder.iterdir()} == minors


def test_names() -> None:
    plain = Python("3.14.7")
    assert (plain.minor, plain.program, plain.config) == ("3.14", "python3.14", "python3.14-config")
    assert (str(plain.library), str(plain.include)) == ("lib/python3.14", "include/python3.14")
    assert (plain.tag, plain.dll, plain.link_name) == ("cp314", "python314", "python3.14")
    debug = Python("3.15.0rc2", free_threaded=True, debug=True)
    assert (debug.minor, debug.program, debug.abi_flags) == ("3.15", "python3.15", "td")
    assert (str(debug.library), str(debug.include)) == ("lib/python3.15t", "include/python3.15td")
    assert (debug.tag, debug.dll, debug.link_name) == ("cp315td", "python315t_d", "python3.15td")
    with pytest.raises(errors.BuildError, match=r"3\.14 is no version of CPython"):
        _ = Python("3.14").minor


def test_name_of_a_configuration() -> None:
    wanted = Configuration(version="3.14.7", immortal=False, free_threaded=True)
    assert wanted.name == "x86_64-gcc-3.14.7-stock-free-threaded"
    assert wanted.recipe_options()["free_threaded"] == "True"
    assert Configuration().version == versions.default()


def test_one_table_of_options() -> None:
    own = [one for one in fields(Configuration) if one.name not in ("target", "version")]
    assert {one.name: one.default for one in own} == {one.name: one.default for one in OPTIONS}
    assert all(one.default in one.values for one in OPTIONS)
    chosen = {one.name: one.default for one in OPTIONS}
    assert configure_args(chosen) == [*ALWAYS]
    chosen |= {"sanitizers": "undefined", "pymalloc": False, "free_threaded": True}
    assert configure_args(chosen) == [
        *ALWAYS,
        "--with-undefined-behavior-sanitizer",
        "--disable-gil",
        "--without-pymalloc",
    ]
    assert Configuration(computed_gotos=False, debug=True, immortal=False).name == (
        "x86_64-gcc-stock-debug-no-computed-gotos"
    )


def test_installed(tmp_path: Path) -> None:
    with pytest.raises(errors.BuildError, match=r"has no CPython: there is no bin/python3\.N"):
        versions.installed(tmp_path)
    (tmp_path / "bin").mkdir()
    for name in ("python3", "python3.9", "python3.14", "python3.14-config", "python3.14t"):
        (tmp_path / "bin" / name).touch()
    assert versions.installed(tmp_path) == Python("3.14.0")
    (tmp_path / "lib" / "python3.14t").mkdir(parents=True)
    assert versions.installed(tmp_path) == Python("3.14.0", free_threaded=True)


def test_newest_and_base() -> None:
    data = {"sources": {"3.15.1": {}, "3.14.2": {"series": "3.14"}, "3.14.1": {"series": "3.14"}}}
    assert versions.newest(data, "3.14") == "3.14.2"
    assert versions.all_series(data) == ["3.14"]
    assert versions.with_series(data) == ["3.14.2", "3.14.1"]
    assert versions.base(data, "3.14") == "3.14.1"
    with pytest.raises(errors.BuildError, match=r"no version of 3\.12"):
        versions.newest(data, "3.12")


def test_new_version_leaves_the_others_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("conanfile.py", "ci", "build-scripts", "patches"):
        (tmp_path / name).symlink_to(paths.ROOT / name)
    text = (paths.ROOT / "conandata.yml").read_text()
    data = tmp_path / "conandata.yml"
    monkeypatch.setattr(paths, "ROOT", tmp_path)

    def digest() -> str:
        files = inputs.inputs(targets.find(targets.DEFAULT), "3.14.7", immortal=False)
        return inputs.digest(files, "3.14.7")

    data.write_text(text)
    before = digest()
    new = '  "3.14.99":\n    url: "u"\n    sha256: "0"\n'
    data.write_text(text.replace("\nsources:\n", f"\nsources:\n{new}"))
    assert "3.14.99" in versions.conan_data()["sources"]
    assert digest() == before
    data.write_text(text.replace("3b48dac8", "4b48dac8"))
    assert digest() != before


# What can't be built is refused in one line, before anything is fetched.


def test_patched_build_without_a_series() -> None:
    assert error_line(call("--version", "3.14.7")) == (
        "error: 3.14.7 has no series of patches; use --stock, or a version that has one: "
        f"{', '.join(versions.with_series(versions.conan_data()))}"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--stock", "--free-threaded"),
            "error: 3.11 has no free-threaded build; versions that have one: 3.15.0rc2, ",
        ),
        (
            ("--free-threaded",),
            "error: 3.11 has no free-threaded build; versions that have one: 3.15.0rc2, ",
        ),
        (
            ("--stock", "--version", "3.14.7", "--target", "x86_64-windows-msvc"),
            "error: 3.14.7 can't be built for Windows here",
        ),
        (
            ("--stock", "--version", "3.14.7", "--free-threaded", "--trace-refs"),
            "error: --trace-refs can't be had of a free-threaded build",
        ),
    ],
)
def test_builds_that_there_are_not(options: tuple[str, ...], said: str) -> None:
    assert error_line(call(*options)).startswith(said)


def test_series_without_a_free_threaded_build() -> None:
    data = {"sources": {"3.14.7": {"series": "3.14"}}}
    python = Python("3.14.7", free_threaded=True)
    with pytest.raises(errors.BuildError, match=r"the series 3\.14 has no free-threaded build yet"):
        versions.check(data, python, immortal=True)
    versions.check(data, python, immortal=False)


# Where sources come from.


def test_addresses_of_archives() -> None:
    listed = (
        "# deb http://no.example/debian x main\n"
        "deb [arch=amd64 signed-by=/a] http://a.example/debian/ bookworm main\n"
        "deb-src https://b.example/x bookworm main\n"
    )
    assert apt.uris(listed) == ["http://a.example/debian/", "https://b.example/x"]
    stanzas = "Types: deb\n# URIs: http://no.example/\nURIs: http://c.example/d http://e.example\n"
    assert apt.uris(stanzas) == ["http://c.example/d", "http://e.example"]


def test_pool_of_a_debian_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mirror" / "pool" / "main" / "p.tar.xz"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"the source")
    archives = [f"{tmp_path.as_uri()}/other", (tmp_path / "mirror").as_uri()]
    monkeypatch.setattr(sources, "addresses", lambda: archives)
    said: list[str] = []

    def fetch(sha256: str, store: str) -> bytes:
        wanted = sources.Source("3.14.7", "http://127.0.0.1:9/p", sha256, pool="main/p.tar.xz")
        return sources.fetch(wanted, tmp_path / store, said.append).read_bytes()

    with pytest.raises(errors.BuildError, match="wrong checksum"):
        fetch("0" * 64, "wrong")
    sha256 = hashlib.sha256(b"the source").hexdigest()
    assert fetch(sha256, "right") == b"the source"
    assert said[-1] == "source: main/p.tar.xz of Debian's pool"
    file.unlink()
    with pytest.raises(errors.BuildError, match=r"refused.*nor as Debian's main/p\.tar\.xz; put"):
        fetch(sha256, "empty")


# The interpreters themselves.

INSIDE = """
import json, sys, sysconfig
print(json.dumps({
    "version": sys.version.split()[0],
    "prefix": sys.prefix,
    "include": sysconfig.get_path("include"),
    "library": sysconfig.get_config_var("LIBDIR"),
}))
"""


def test_stock_of_another_minor_version(stock_of: Callable[..., Path], tmp_path: Path) -> None:
    """It can be moved, and extension modules are built with it, as with the default version."""
    python = stock_of("3.14")
    if not place.marker(python.parents[1]):
        pytest.skip("CPYTHON_IMMORTAL_STOCK_3_14 names an interpreter that is not of the recipe")
    prefix = tmp_path / "moved"
    shutil.copytree(python.parents[1], prefix, symlinks=True)
    moved = prefix / "bin" / "python3.14"
    assert run_json(moved, INSIDE) == {
        "version": versions.newest(versions.conan_data(), "3.14"),
        "prefix": str(prefix),
        "include": str(prefix / "include" / "python3.14"),
        "library": str(prefix / "lib"),
    }
    for command in ("pip3.14", "pydoc3.14", "idle3.14"):
        assert (prefix / "bin" / command).read_bytes().startswith(b"#!/bin/sh")
    said = subprocess.run([prefix / "bin" / "pip3.14", "--version"], capture_output=True, text=True)
    assert str(moved.parents[1]) in said.stdout
    answers = probe.ask(moved)
    wanted = Configuration(version="3.14.7", immortal=False)
    probe.check(targets.find(targets.DEFAULT), wanted.recipe_options(), answers)
    source = tmp_path / "answer.c"
    source.write_text(SAMPLE)
    extension(moved, source, tmp_path / "answer")
    code = "import answer; print(answer.answer())"
    assert run(moved, code, env=modules(tmp_path)) == "42\n"


DATA = versions.conan_data()
MINORS = sorted(
    {Python(name).minor for name in DATA["sources"] if Python(name).facts.free_threading}
)
MODULES = (
    "ssl, sqlite3, ctypes, zlib, bz2, lzma, _decimal, hashlib, readline, curses, uuid, dbm.gnu"
)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("free_threaded", [False, True])
@pytest.mark.parametrize("minor", MINORS)
def test_stock_of_each_minor_version(
    stock_of: Callable[..., Path], tmp_path: Path, minor: str, free_threaded: bool
) -> None:
    """It has all its modules, compiles an extension module, and makes environments with pip."""
    version = versions.newest(DATA, minor)
    python = stock_of(minor, free_threaded=True) if free_threaded else stock_of(minor)
    wanted = Configuration(version=version, immortal=False, free_threaded=free_threaded)
    probe.check(targets.find(targets.DEFAULT), wanted.recipe_options(), probe.ask(python))
    source = tmp_path / "answer.c"
    source.write_text(SAMPLE)
    extension(python, source, tmp_path / "answer")
    code = f"import answer, sys, {MODULES}; print(answer.answer(), *sys.version.split()[:1])"
    assert run(python, code, env=modules(tmp_path)) == f"42 {version}\n"
    environment = tmp_path / "environment"
    subprocess.run([python, "-m", "venv", environment], check=True, capture_output=True)
    pip = [environment / "bin" / "pip", "--version"]
    said = subprocess.run(pip, check=True, capture_output=True, text=True).stdout
    assert str(environment) in said and f"(python {minor})" in said


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("target", ["i686-gcc", "s390x-gcc"])
@pytest.mark.parametrize("version", [versions.newest(DATA, minor) for minor in MINORS])
def test_stock_for_another_machine(target: str, version: str) -> None:
    python = build.ensure(target, immortal=False, version=version)
    wanted = Configuration(target, version, immortal=False)
    probe.check(targets.find(target), wanted.recipe_options(), probe.ask(python))
