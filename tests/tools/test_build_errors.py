"""Every foreseeable failure of build.sh: one clear line, a non-zero status, nothing half-made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from buildtool.core import paths, targets
from buildtool.interpreter import conan as recipe
from buildtool.interpreter import configuration
from buildtool.recipe import sources
from commands import build, error_line

COPIED = ("build-scripts", "ci", "conanfile.py", "conandata.yml", "tests/test_package")
BROKEN = """\
From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
Subject: [PATCH] Change what is not there

--- a/Objects/listobject.c
+++ b/Objects/listobject.c
@@ -20,3 +20,3 @@
 this is not
-what the file
+what the patch
 says
"""


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache of its own, with the sources of the shared one."""
    wanted = configuration.Configuration().source()
    sources.fetch(wanted, paths.sources(), print)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "sources").symlink_to(paths.sources())
    return tmp_path / "cache"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what a build needs, with an empty series."""
    copy = tmp_path / "checkout"
    for name in COPIED:
        source, destination = paths.ROOT / name, copy / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, destination, ignore=shutil.ignore_patterns("build"))
        else:
            shutil.copy(source, destination)
    (copy / "patches" / "3.11").mkdir(parents=True)
    (copy / "patches" / "3.11" / "series").write_text("# nothing yet\n")
    return copy


def packages_of(cache: Path) -> str:
    """Return what Conan has in *cache* of our packages, as its text listing."""
    conan = Path(sys.executable).with_name("conan")
    return subprocess.run(
        [conan, "list", "cpython-immortal/*:*"],
        env=os.environ | {"CONAN_HOME": str(cache / "conan")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_mistyped_target() -> None:
    line = error_line(build("--target", "x86_64-gc"))
    assert line == "error: unknown target x86_64-gc; did you mean x86_64-gcc?"


def test_target_like_no_other() -> None:
    assert error_line(build("--target", "vax")) == (
        "error: unknown target vax; --list-targets lists them"
    )


def test_unknown_version() -> None:
    line = error_line(build("--version", "3.11.1"))
    assert "unknown version 3.11.1" in line
    assert "3.11.2" in line and "3.11.15" in line


def test_debian_has_only_its_version() -> None:
    line = error_line(build("--version", "3.11.15", "--base", "debian"))
    assert line == "error: Debian has no patches for 3.11.15; use --base upstream"


def test_no_compiler(tmp_path: Path) -> None:
    prefix = tmp_path / "python"
    line = error_line(
        build("--stock", "--no-packages", "--prefix", str(prefix), PATH=str(tmp_path))
    )
    assert line.startswith("error: no compiler: target x86_64-gcc needs gcc; as root run: apt-get ")
    assert not prefix.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_no_compiler_and_apt_fails(tmp_path: Path) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\necho 'E: no such package' >&2; exit 100\n")
    apt.chmod(0o755)
    for tool in ("/usr/bin/env", "/bin/sh"):
        (tmp_path / Path(tool).name).symlink_to(tool)
    line = error_line(build("--stock", PATH=str(tmp_path)))
    assert line.endswith("needs gcc, and apt-get can't install it: no such package")


def without_packages(tmp_path: Path, *names: str) -> str:
    """Return a PATH whose dpkg-query doesn't know these packages, and whose apt-get only fails."""
    real = shutil.which("dpkg-query")
    if real is None:
        pytest.skip("dpkg-query is not here: this machine has no Debian packages to miss")
    fakes = {
        "dpkg-query": f'case "$*" in {"|".join(f"*{name}*" for name in names)}) exit 1;; esac\n'
        f'exec {real} "$@"\n',
        "apt-get": '[ "$1" = update ] && exit\n'
        "echo 'W: no index' >&2; echo 'E: Unable to locate' >&2; exit 100\n",
    }
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in fakes.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}")
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_missing_package_names_the_apt_line(tmp_path: Path) -> None:
    prefix = tmp_path / "python"
    ran = build(
        "--no-packages", "--stock", "--prefix", str(prefix),
        PATH=without_packages(tmp_path, "libffi-dev", "uuid-dev"),
    )  # fmt: skip
    assert error_line(ran) == (
        "error: packages are missing; as root run: apt-get update && apt-get install -y "
        "--no-install-recommends libffi-dev uuid-dev"
    )
    assert not prefix.exists()


# A cross build: Conan asks for the packages of the native interpreter first.
CROSS = "i686-gcc"


@pytest.mark.skipif(
    shutil.which(targets.find(CROSS).command) is None, reason=f"{CROSS} has no compiler here"
)
def test_missing_packages_of_a_target_name_the_apt_line(cache: Path, tmp_path: Path) -> None:
    wanted = targets.find(CROSS).packages
    ran = build(
        "--no-packages", "--stock", "--target", CROSS, "--prefix", str(tmp_path / "python"),
        PATH=without_packages(tmp_path, *wanted),
        CPYTHON_IMMORTAL_CACHE=str(cache),
    )  # fmt: skip
    assert (
        "error: packages are missing; as root run: apt-get update && apt-get install -y "
        f"--no-install-recommends {' '.join(wanted)}; full log: "
    ) in error_line(ran)


@pytest.mark.skipif(
    shutil.which(targets.find(CROSS).command) is None, reason=f"{CROSS} has no compiler here"
)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_a_cross_build_installs_what_the_native_interpreter_needs(
    cache: Path, tmp_path: Path
) -> None:
    ran = build(
        "--stock", "--target", CROSS, "--prefix", str(tmp_path / "python"),
        PATH=without_packages(tmp_path, "libgdbm-dev", "libzstd-dev"),
        CPYTHON_IMMORTAL_CACHE=str(cache),
    )  # fmt: skip
    assert (
        "error: apt-get install -y --no-install-recommends libgdbm-dev libzstd-dev failed: "
        "Unable to locate; full log: "
    ) in error_line(ran)


def test_damaged_source_in_the_cache(tmp_path: Path) -> None:
    wanted = configuration.Configuration().source()
    damaged = tmp_path / "cache" / "sources" / "s" / wanted.sha256
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"not an archive of CPython")
    prefix = tmp_path / "python"
    ran = build("--stock", "--prefix", str(prefix), CPYTHON_IMMORTAL_CACHE=str(tmp_path / "cache"))
    line = error_line(ran)
    assert line.startswith(f"error: wrong checksum: {damaged} has SHA-256 ")
    assert wanted.sha256 in line
    assert not prefix.exists()
    assert not (tmp_path / "cache" / "conan").exists(), "it got as far as Conan"


def test_patch_that_does_not_apply(checkout: Path, cache: Path, tmp_path: Path) -> None:
    series = checkout / "patches" / "3.11" / "series"
    series.write_text("# a group\nbroken.patch  # with a comment\n")
    series.with_name("broken.patch").write_text(BROKEN)
    prefix = tmp_path / "python"
    ran = build("--prefix", str(prefix), checkout=checkout, CPYTHON_IMMORTAL_CACHE=str(cache))
    assert (
        "error: patch broken.patch does not apply: Objects/listobject.c:20; full log: "
    ) in error_line(ran)
    assert not prefix.exists()
    assert "package_id" not in packages_of(cache)
    assert not list((cache / "conan" / "p" / "b").glob("*/b")), "the build folder stayed"


@pytest.mark.skipif(shutil.which("clang") is None, reason="clang is not here")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs LLVM's tools")
def test_clang_without_its_tools(cache: Path, tmp_path: Path) -> None:
    """Those of another version, which may be in PATH, can't read what it compiles."""
    fake = tmp_path / "bin" / "clang"
    fake.parent.mkdir()
    fake.write_text(
        '#!/bin/sh\ncase "$*" in -print-prog-name=*) echo "${1#*=}"; exit;; esac\n'
        f'exec {shutil.which("clang")} "$@"\n'
    )
    fake.chmod(0o755)
    prefix = tmp_path / "python"
    ran = build(
        "--target", "x86_64-clang", "--stock", "--lto", "--prefix", str(prefix),
        PATH=f"{fake.parent}:{os.environ['PATH']}",
        CPYTHON_IMMORTAL_CACHE=str(cache),
    )  # fmt: skip
    assert "error: clang comes without llvm-ar, which lto and pgo need; full log: " in (
        error_line(ran)
    )
    assert not prefix.exists()


def test_listed_patch_that_is_not_there(checkout: Path) -> None:
    series = checkout / "patches" / "3.11" / "series"
    series.write_text("lost.patch\n")
    assert error_line(build(checkout=checkout)) == (
        f"error: {series} lists lost.patch, which is not there; see series.sh"
    )


def test_empty_series(checkout: Path) -> None:
    line = error_line(build(checkout=checkout))
    assert line.endswith("/series lists no patch; use --stock to build without")


def test_no_series(checkout: Path) -> None:
    shutil.rmtree(checkout / "patches")
    assert "patches/3.11/series can't be read: " in error_line(build(checkout=checkout))


def test_cache_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = build(
        "--stock", "--prefix", str(tmp_path / "python"),
        CPYTHON_IMMORTAL_CACHE=str(tmp_path / "file" / "cache"),
    )  # fmt: skip
    assert f"Not a directory: '{tmp_path / 'file' / 'cache'}'" in error_line(ran)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("gcc -c a.c\na.c:3:1: error: expected ';'\nmake: *** [a.o] Error 1\n", "expected ';'"),
        ("configure: error: no acceptable C compiler\n", "no acceptable C compiler"),
        (
            "ld: cannot find a.a\nclang: error: linker command failed\n",
            "failed: ld: cannot find a.a",
        ),
        ("a.c:(.text+0x9): undefined\ncollect2: error: ld returned 1 exit status\n", ": undefined"),
        ("make: *** [Makefile:1: all] Error 2\n", "make: *** [Makefile:1: all] Error 2"),
        ("a.c: fatal error: No space left on device\n", "no disk space left during the build"),
        ("ERROR: something of Conan's\n", "something of Conan's"),
        ("a.c:3:1: error: bad\n\tConanException: Error 2 while executing\n", "error: bad"),
        (
            "ERROR: System requirements: 'llvm-14, lld-14' are missing but can't install\n",
            "packages are missing; as root run: apt-get update && "
            "apt-get install -y --no-install-recommends llvm-14 lld-14",
        ),
        (
            "E: no lock\n\tConanException: Command 'sudo apt-get update' failed with exit code 100",
            "apt-get update failed: no lock",
        ),
        (
            "W: Failed to fetch a\nE: Unable\nCommand 'apt-get install b' failed with exit code 1",
            "apt-get install b failed: Failed to fetch a",
        ),
        ("ERROR: in build()\n\tConanException: patch a.patch\n", "patch a.patch"),
    ],
)
def test_reason_is_found_in_the_log(output: str, reason: str) -> None:
    assert reason in recipe.explain(output)
