"""Every foreseeable failure of build.sh: one clear line, a non-zero status, nothing half-made."""

from __future__ import annotations

import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from buildtool.core import apt, errors, paths
from buildtool.install import place
from buildtool.interpreter import conan as recipe
from buildtool.interpreter import configuration
from buildtool.recipe import sources
from commands import build, error_line
from harness import modules

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
    assert line.endswith("needs gcc, and apt-get can't install it: E: no such package")


def test_missing_package_names_the_apt_line(tmp_path: Path) -> None:
    real = shutil.which("dpkg-query")
    if real is None:
        pytest.skip("dpkg-query is not here: this machine has no Debian packages to miss")
    fake = tmp_path / "bin" / "dpkg-query"
    fake.parent.mkdir()
    fake.write_text(
        f'#!/bin/sh\ncase "$*" in *libffi-dev*|*uuid-dev*) exit 1;; esac\nexec {real} "$@"\n'
    )
    fake.chmod(0o755)
    prefix = tmp_path / "python"
    ran = build(
        *("--no-packages", "--stock", "--prefix", str(prefix)),
        PATH=f"{fake.parent}:{os.environ['PATH']}",
    )
    assert error_line(ran) == (
        "error: packages are missing; as root run: apt-get update && apt-get install -y "
        "--no-install-recommends libffi-dev uuid-dev"
    )
    assert not prefix.exists()


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


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server that answers everything with the same wrong bytes."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"something else")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/Python.tgz"
        running.shutdown()
        thread.join()


def test_wrong_file_from_the_server(server: str, tmp_path: Path) -> None:
    wanted = sources.Source("3.11.2", server, "0" * 64, debian=None)
    with pytest.raises(errors.BuildError, match=rf"wrong checksum: {server} has"):
        sources.fetch(wanted, tmp_path, print)
    assert list((tmp_path / "s").iterdir()) == []


def test_right_file_from_the_server(server: str, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"something else").hexdigest()
    wanted = sources.Source("3.11.2", server, sha256, debian=None)
    assert sources.fetch(wanted, tmp_path, print).read_bytes() == b"something else"
    assert [path.name for path in (tmp_path / "s").iterdir()] == [sha256]


def test_unreachable_server_and_no_debian_package(tmp_path: Path) -> None:
    wanted = sources.Source("3.11.14", "http://127.0.0.1:9/Python.tgz", "0" * 64, debian=None)
    with pytest.raises(errors.BuildError, match=r"refused.*put the file at .*/s/000"):
        sources.fetch(wanted, tmp_path, print)


def test_unreachable_server_falls_back_to_debian(tmp_path: Path) -> None:
    if "VERSION_CODENAME=bookworm" not in Path("/etc/os-release").read_text():
        pytest.skip("only Debian 12 has a source package of 3.11.2")
    known = configuration.Configuration().source()
    url = "http://127.0.0.1:9/Python.tgz"
    wanted = sources.Source(known.version, url, known.sha256, known.debian)
    said: list[str] = []
    path = sources.fetch(wanted, tmp_path, said.append)
    sources.verify(path, known.sha256)
    assert said[-1] == "source: Debian's source package python3.11"


def test_apt_entries_become_source_entries() -> None:
    assert apt.source_entries("deb a b c\n# deb x\ndeb-src d e f\n", ".list") == (
        "deb-src a b c\n# deb x\ndeb-src d e f\n"
    )
    assert apt.source_entries("Types: deb\nURIs: a\n", ".sources") == ("Types: deb-src\nURIs: a\n")


def test_patch_that_does_not_apply(checkout: Path, cache: Path, tmp_path: Path) -> None:
    series = checkout / "patches" / "3.11" / "series"
    series.write_text("# a group\nbroken.patch  # with a comment\n")
    series.with_name("broken.patch").write_text(BROKEN)
    prefix = tmp_path / "python"
    ran = build("--prefix", str(prefix), checkout=checkout, CPYTHON_IMMORTAL_CACHE=str(cache))
    assert (
        "error: patch broken.patch does not apply: Objects/listobject.c, Hunk #1 FAILED at 20; "
        "full log: "
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
        *("--target", "x86_64-clang", "--stock", "--lto", "--prefix", str(prefix)),
        PATH=f"{fake.parent}:{os.environ['PATH']}",
        CPYTHON_IMMORTAL_CACHE=str(cache),
    )
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


def test_no_disk_space(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(small)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small file system can be mounted by root only")
    try:
        prefix = tmp_path / "python"
        ran = build("--stock", "--prefix", str(prefix), CPYTHON_IMMORTAL_CACHE=str(small / "cache"))
        line = error_line(ran)
        assert line.startswith(f"error: no disk space: {small / 'cache'} has 0.1 GiB free and the ")
        assert not prefix.exists()
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_space_is_asked_of_the_nearest_folder_that_exists(tmp_path: Path) -> None:
    paths.require_space(tmp_path / "not" / "yet", 1)
    with pytest.raises(errors.BuildError, match="no disk space"):
        paths.require_space(tmp_path / "not" / "yet", 1 << 60)


def test_prefix_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("keep me")
    line = error_line(build("--stock", "--prefix", str(tmp_path)))
    assert (
        line == f"error: {tmp_path} exists and is not an installation of ours; use another --prefix"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_prefix_under_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for prefix in (tmp_path / "file", tmp_path / "file" / "python"):
        line = error_line(build("--stock", "--prefix", str(prefix)))
        assert line == f"error: {tmp_path / 'file'} is a file; use another --prefix"


def test_prefix_that_cannot_be_written_to() -> None:
    line = error_line(build("--stock", "--prefix", "/proc/python"))
    assert line.startswith("error: /proc can't be written to (")


def test_cache_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = build(
        *("--stock", "--prefix", str(tmp_path / "python")),
        CPYTHON_IMMORTAL_CACHE=str(tmp_path / "file" / "cache"),
    )
    assert f"Not a directory: '{tmp_path / 'file' / 'cache'}'" in error_line(ran)


@pytest.mark.parametrize("when", ["at once", "later"])
def test_interrupted_build_leaves_nothing_running(tmp_path: Path, when: str) -> None:
    """Also if the interrupt comes before anybody has begun to wait for the command."""
    code = """if True:
        import os, signal, sys, time
        from pathlib import Path
        from buildtool import errors, progress
        class Interrupted(progress.Progress):
            def _signs_of_life(self, state):
                while not os.path.exists("pid"):
                    time.sleep(0.01)
                os.kill(os.getpid(), signal.SIGTERM)
                return super()._signs_of_life(state)
        def command():
            kind = Interrupted if sys.argv[1] == "at once" else progress.Progress
            shown = kind(("build",), Path("log"))
            shown.stage("build")
            shell = "sleep 60 & echo $! > new; mv new pid; wait"
            shown.run(["sh", "-c", shell], env=os.environ, cwd=Path(), watch=lambda line: "")
        sys.exit(errors.exit_status(command))
        """
    command = [sys.executable, "-c", code, when]
    env = os.environ | modules(paths.ROOT / "build-scripts")
    with subprocess.Popen(
        command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True
    ) as started:
        pid = tmp_path / "pid"
        while not pid.exists():
            assert started.poll() is None
            time.sleep(0.05)
        if when == "later":
            started.terminate()
        _, stderr = started.communicate(timeout=20)
    assert started.returncode == 130
    assert stderr.splitlines()[-1] == "error: interrupted"
    for _ in range(100):
        if not runs(pid.read_text().strip()):
            break
        time.sleep(0.05)
    else:
        pytest.fail("what the command had started still runs")


def runs(pid: str) -> bool:
    """Tell whether a process has not ended; one that has may wait for init to take note of it."""
    try:
        state = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def test_failed_copy_leaves_the_old_installation(tmp_path: Path) -> None:
    prefix, package = tmp_path / "python", tmp_path / "package"
    prefix.mkdir()
    (prefix / place.MARKER).write_text('{"fingerprint": "old"}\n')
    package.mkdir()
    (package / "a").write_text("a")
    os.mkfifo(package / "b")  # what can't be copied
    with pytest.raises(errors.BuildError, match="it is as it was"):
        place.install(package, prefix, "name", "new")
    assert place.is_current(prefix, "old")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["package", "python"]


def test_new_installation_replaces_the_old_one(tmp_path: Path) -> None:
    prefix, package = tmp_path / "deep" / "python", tmp_path / "package"
    (package / "bin").mkdir(parents=True)
    (package / "bin" / "python3.11").touch()
    for content in ("1", "2"):
        (package / "file").write_text(content)
        place.install(package, prefix, "name", content)
        assert place.is_current(prefix, content)
        assert (prefix / "file").read_text() == content
    assert [path.name for path in prefix.parent.iterdir()] == ["python"]


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
            "ERROR: System requirements: 'llvm-14', 'lld-14' are missing but can't install\n",
            "packages are missing; as root run: apt-get update && "
            "apt-get install -y --no-install-recommends llvm-14 lld-14",
        ),
        ("ERROR: in build()\n\tConanException: patch a.patch\n", "patch a.patch"),
    ],
)
def test_reason_is_found_in_the_log(output: str, reason: str) -> None:
    assert reason in recipe.explain(output)
