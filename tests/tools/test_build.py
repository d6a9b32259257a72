"""What build.sh makes: targets, configurations, progress, the second run, the demonstration."""

from __future__ import annotations

import io
import json
import sys
import time
from pathlib import Path

import pytest
from buildtool.cli import demo
from buildtool.core import packages, paths, progress, targets
from buildtool.install import place
from buildtool.interpreter import build, configuration
from buildtool.interpreter import conan as recipe
from commands import build as run_build
from commands import output_of, run_module
from harness import conan


@pytest.fixture
def built(stock: Path) -> Path:
    """The stock interpreter, where build.sh puts it."""
    if paths.output() not in stock.parents:
        pytest.skip("CPYTHON_IMMORTAL_STOCK names an interpreter that is not built here")
    return stock


def test_list_of_targets() -> None:
    script = paths.ROOT / "build-scripts" / "build.sh"
    listed = output_of(script, "--list-targets").splitlines()
    assert [line.split()[0] for line in listed[1:]] == list(targets.load())


def test_every_target_has_its_profile() -> None:
    folder = paths.ROOT / "ci" / "profiles"
    profiles = {path.name for path in folder.iterdir() if path.is_file()}
    assert {target.profile for target in targets.load().values()} - {""} == profiles


def test_names_tell_configurations_apart() -> None:
    plain = configuration.Configuration()
    other = configuration.Configuration(immortal=False, debug=True, base="debian")
    assert plain.name == "x86_64-gcc"
    assert other.name == "x86_64-gcc-stock-debian-debug"
    assert plain.fingerprint() != other.fingerprint()
    assert plain.fingerprint() == configuration.Configuration().fingerprint()


def test_stock_does_not_depend_on_the_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fingerprints() -> list[str]:
        return [configuration.Configuration(immortal=kind).fingerprint() for kind in (True, False)]

    folder = tmp_path / "patches" / "3.11"
    folder.mkdir(parents=True)
    for name in ("conanfile.py", "conandata.yml", "ci", "build-scripts"):
        (tmp_path / name).symlink_to(paths.ROOT / name)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    package = tmp_path / "Misc" / "cowtrace" / "src"
    package.mkdir(parents=True)
    (folder / "series").write_text("new.patch\n")
    (folder / "new.patch").write_text("a message\ndiff --git a/x b/x\n")
    (package / "shared.c").write_text("a module")
    before = fingerprints()
    (folder / "new.patch").write_text("a message\ndiff --git a/y b/y\n")
    after = fingerprints()
    assert before[0] != after[0]
    assert before[1] == after[1]
    (folder / "new.patch").write_text("another message\ndiff --git a/y b/y\n")
    assert fingerprints() == after
    (package / "shared.c").write_text("another module")
    assert not set(fingerprints()) & set(after)


def test_progress_shows_stage_and_signs_of_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LOG_INTERVAL", 0.02)
    stream, log = io.StringIO(), tmp_path / "logs" / "full.log"
    shown = progress.Progress(("check", "build"), log, stream)
    code = """if True:
        import sys, time
        print("RUN: make -j2", "gcc -O3 -c -o a.o a.c", "gcc a.o", sep=chr(10), flush=True)
        time.sleep(0.5)
        sys.exit(3)
        """
    shown.stage("build", "something")
    status = shown.run(
        [sys.executable, "-c", code], env={}, cwd=tmp_path, watch=recipe.Watch("gcc", 263)
    )
    assert status == 3
    lines = stream.getvalue().splitlines()
    assert lines[0] == "[2/2 0:00] build: something"
    assert lines[-1] == "[2/2 0:00] build: compiling, 1 of about 263 files"
    assert log.read_text().endswith("RUN: make -j2\ngcc -O3 -c -o a.o a.c\ngcc a.o\n")


def test_silent_program_has_its_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conan says nothing while it removes what a build has left, which may take a minute."""
    monkeypatch.setattr(progress, "LOG_INTERVAL", 0.02)
    stream, log = io.StringIO(), tmp_path / "full.log"
    shown = progress.Progress(("build",), log, stream)
    shown.stage("build")
    code = "import time; time.sleep(0.3)"
    recipe._run([sys.executable, "-c", code], shown, recipe.TIDYING)
    lines = stream.getvalue().splitlines()
    states = {line.partition("] ")[2] for line in lines[1:]}
    assert states == {f"build: {recipe.TIDYING}"}


def test_progress_of_an_optimized_build() -> None:
    """Linking takes minutes there, and so does the run that shows what is used."""
    watch = recipe.Watch("gcc", 526)
    said = [
        watch(line)
        for line in (
            "conanfile.py: RUN: make -j2",
            "gcc -O3 -flto -fprofile-generate -c -o a.o a.c",
            "/usr/bin/gcc -flto -o python Programs/python.o libpython3.11.a -lm",
            "0:00:12 load avg: 1.01 [ 7/44] test_bytes",
            "gcc -O3 -flto -fprofile-use -c -o a.o a.c",
        )
    ]
    assert said == [
        "compiling, 0 of about 526 files",
        "compiling, 1 of about 526 files",
        "linking python, 1 of about 526 files",
        "profiling, 7 of 44 test modules",
        "compiling, 2 of about 526 files",
    ]


def test_second_run_takes_seconds(built: Path) -> None:
    marker = built.parents[1] / place.MARKER
    before = marker.stat().st_mtime_ns
    start = time.monotonic()
    ran = run_build("--stock")
    assert ran.returncode == 0, ran.stderr
    assert f"nothing has changed: {built}" in ran.stderr
    assert time.monotonic() - start < 10
    assert marker.stat().st_mtime_ns == before


def test_ensure_returns_what_is_there(built: Path) -> None:
    assert build.ensure(targets.DEFAULT, immortal=False) == built


def test_stock_has_no_api(stock: Path) -> None:
    names = "[name for name in dir(gc) if 'immortal' in name]"
    assert output_of(stock, "-c", f"import gc; print({names})").strip() == "[]"
    assert output_of(stock, "--version") == "Python 3.11.2\n"


def test_sqlite_loads_extensions(stock: Path, patched: Path) -> None:
    code = "import sqlite3; sqlite3.connect(':memory:').enable_load_extension(True)"
    for python in (stock, patched):
        assert output_of(python, "-c", code) == ""


def test_the_whole_test_suite_is_installed(stock: Path) -> None:
    listed = output_of(stock, "-m", "test", "--list-tests").split()
    assert {"test_capi", "test_sqlite3", "test_tomllib"} <= set(listed)
    assert len(listed) > 430


def test_patched_has_the_api(patched: Path) -> None:
    names = "[name for name in dir(gc) if 'immortal' in name]"
    found = output_of(patched, "-c", f"import gc; print({names})").strip()
    assert found == "['immortalize', 'immortalize_heap', 'is_immortal']"
    assert output_of(patched, "--version") == "Python 3.11.2\n"


def test_same_build_flags_for_both(patched: Path, stock: Path) -> None:
    names = ("CC", "CFLAGS", "OPT", "CONFIGURE_CFLAGS_NODIST", "LDFLAGS", "LIBS")
    code = f"import sysconfig; print([sysconfig.get_config_var(name) for name in {names}])"
    assert output_of(patched, "-c", code) == output_of(stock, "-c", code)


def test_demonstration_on_stock(stock: Path) -> None:
    measured = {one.mode: one for one in demo.measure(stock, 20_000)}
    assert list(measured) == ["nothing", "freeze"]
    assert measured["nothing"].share > 0.5
    assert measured["freeze"].objects > 60_000
    assert "not in this interpreter" in demo.table(list(measured.values()))


def test_demonstration_with_immortal_heap(patched: Path) -> None:
    ran = run_module("buildtool.cli.demo", "--json", patched)
    assert ran.returncode == 0, ran.stderr
    nothing, frozen, immortal = json.loads(ran.stdout)
    assert 80e6 < immortal["heap"] < 150e6
    assert nothing["share"] > 0.5 and frozen["share"] > 0.5
    assert immortal["share"] <= 0.01
    assert immortal["objects"] > 1_000_000


PROFILES = {one.profile for one in targets.load().values() if one.system == "Linux"}


@pytest.mark.slow
@pytest.mark.parametrize("profile", sorted(PROFILES | {"i686-windows-msvc"}))
def test_conan_alone_builds_the_package(profile: str, tmp_path: Path) -> None:
    """The recipe needs nothing of build.sh, nor its Conan home; also where it crosses."""
    home = tmp_path / "conan"
    conan(home, "profile", "detect")
    if profile in ("hppa-gcc", "m68k-gcc"):
        conan(home, "config", "install", "ci/conan")
    mode = f"tools.system.package_manager:mode={packages.package_mode(True)}"
    profiles = "-pr:h", f"ci/profiles/{profile}", "-pr:b", "default"
    said = conan(home, "create", ".", *profiles, "-c:a", mode)
    # Once as a program, once embedded; nothing is linked for Windows.
    assert said.count("is immortal\n") == (1 if "windows" in profile else 2), said[-4000:]
