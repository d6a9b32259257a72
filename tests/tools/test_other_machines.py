"""Interpreters of other machines: their emulator, their sysroot, the libraries built for them."""

from __future__ import annotations

import os
import shlex
import subprocess
import tarfile
from pathlib import Path

import pytest
from buildtool.core import apt
from buildtool.core.errors import BuildError
from buildtool.install import place
from buildtool.interpreter import configuration
from buildtool.recipe import sources, sysroot


def test_script_is_what_the_interpreter_takes_for_itself(tmp_path: Path) -> None:
    package, prefix = tmp_path / "package", tmp_path / "installed here"
    (package / "bin").mkdir(parents=True)
    python = package / "bin" / "python3.11"
    python.write_text("not a program of this machine")
    emulator = tmp_path / "emulator"
    emulator.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    emulator.chmod(0o755)
    place.install(package, prefix, "name", "1", [str(emulator), "-L", "/sys root"])
    here = place.interpreter(prefix)
    assert here.name == f"python3.11{place.HERE}" and place.run_command(prefix)[0] == str(emulator)
    link = tmp_path / "venv-python"
    link.symlink_to(here)
    for program in (here, link):
        ran = subprocess.run([program, "-c", "a b"], capture_output=True, text=True, check=True)
        assert ran.stdout.splitlines() == [
            "-L", "/sys root", "-0", str(program),
            str(prefix / "bin" / "python3.11"), "-c", "a b",
        ]  # fmt: skip


def test_native_interpreter_needs_no_script(stock: Path) -> None:
    assert place.interpreter(stock.parents[1]).name == "python3.11"
    assert place.run_command(stock.parents[1]) == []


def test_links_of_a_sysroot_stay_in_it(tmp_path: Path) -> None:
    (tmp_path / "usr" / "lib").mkdir(parents=True)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libm.so.6").write_text("the library")
    link = tmp_path / "usr" / "lib" / "libm.so"
    link.symlink_to("/lib/libm.so.6")
    sysroot.make_links_relative(tmp_path)
    assert os.readlink(link) == "../../lib/libm.so.6"
    assert link.read_text() == "the library"


def test_entries_of_another_release() -> None:
    given = "Types: deb\nURIs: a\nSuites: bookworm bookworm-updates\n"
    assert apt.other_release(given, "sid") == "Types: deb\nURIs: a\nSuites: sid\n"
    given = "deb [signed-by=k] http://m/debian bookworm main\ndeb http://m/debian bookworm main\n"
    assert apt.other_release(given, "sid") == given.replace("bookworm", "sid")


def test_libraries_are_unpacked_without_bzip2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    Path("zlib-1").mkdir()
    Path("zlib-1", "configure").write_text("exit 0")
    with tarfile.open("zlib.tar.bz2", "w:bz2") as archive:
        archive.add("zlib-1")
    tree = sources.unpack(Path("zlib.tar.bz2"), tmp_path / "work", "zlib can't be made")
    assert (tree / "configure").read_text() == "exit 0"
    Path("zlib.tar.bz2").write_bytes(Path("zlib.tar.bz2").read_bytes()[:40])
    with pytest.raises(BuildError, match="zlib can't be made: "):
        sources.unpack(Path("zlib.tar.bz2"), tmp_path / "again", "zlib can't be made")


def test_sysroot_that_no_mirror_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CPYTHON_IMMORTAL_CACHE", str(tmp_path))
    wanted = sysroot.Sysroot("vax", "vax-linux-gnu", "gcc", configuration.conan_data())
    with pytest.raises(BuildError, match="the packages of vax can't be had"):
        wanted.make(print)
    assert not wanted.folder.exists()
    assert shlex.join(wanted.runner("native")) == ""
