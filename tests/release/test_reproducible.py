"""Two builds of one commit are the same: what the recipe does for it, how it is seen, the proof"""

from __future__ import annotations

import importlib.util
import marshal
import os
import platform
import py_compile
import shutil
import sys
from pathlib import Path

import pytest
from buildtool.core import errors, versions
from buildtool.recipe import reproducible
from buildtool.release import compare
from commands import error_line, output_of, run_module

WHEN = 1_600_000_000
IMPORT = "import module"  # of the folder that it runs in


def installed(folder: Path, mode: py_compile.PycInvalidationMode) -> Path:
    """Make a folder with a module, compiled in *mode*; return the compiled module."""
    folder.mkdir()
    (folder / "module.py").write_text("value = 1\n")
    made = py_compile.compile(str(folder / "module.py"), invalidation_mode=mode, doraise=True)
    return Path(made)


@pytest.mark.parametrize("mode", list(py_compile.PycInvalidationMode), ids=lambda mode: mode.name)
def test_compiled_modules_are_the_same_and_valid(
    mode: py_compile.PycInvalidationMode, tmp_path: Path
) -> None:
    made = [installed(tmp_path / name, mode) for name in ("one", "other")]
    os.utime(tmp_path / "one" / "module.py", (5, 5))
    for path in made:
        reproducible.installation(path.parents[1], Path("/nowhere"), WHEN)
    heads = [path.read_bytes()[:16] for path in made]
    assert heads[0] == heads[1]
    assert {int(path.stat().st_mtime) for path in tmp_path.rglob("module*")} == {WHEN}
    # It is taken as it is: what follows its header is not read again from the source.
    before = made[0].read_bytes()
    output_of(sys.executable, "-c", IMPORT, cwd=tmp_path / "one")
    assert made[0].read_bytes() == before
    # And a source that is edited is compiled anew.
    (tmp_path / "one" / "module.py").write_text("value = 22\n")
    output_of(sys.executable, "-c", IMPORT, cwd=tmp_path / "one")
    assert made[0].read_bytes() != before


def test_packages_name_no_folder_of_the_build(tmp_path: Path) -> None:
    python = versions.Python(platform.python_version())
    installed = tmp_path / "stage" / "opt"
    package = installed / python.library / "site-packages" / "package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("value = 1\n")
    reproducible.compile_packages(installed, "/opt", python)  # there is no interpreter, nor need
    assert not list(package.rglob("*.pyc"))
    program = installed / "bin" / python.program
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    program.chmod(0o755)
    compiled = Path(py_compile.compile(str(package / "__init__.py"), doraise=True))
    assert str(tmp_path).encode() in compiled.read_bytes()
    reproducible.compile_packages(installed, "/opt", python)
    code = marshal.loads(compiled.read_bytes()[16:])
    assert code.co_filename == f"/opt/{python.library}/site-packages/package/__init__.py"
    program.write_text("#!/bin/sh\necho no memory >&2; exit 1\n")
    with pytest.raises(errors.BuildError, match="can't compile its packages: no memory"):
        reproducible.compile_packages(installed, "/opt", python)


def test_settings_name_no_folder_of_the_build(tmp_path: Path) -> None:
    build = tmp_path / "conan" / "b"
    config = tmp_path / "lib" / "python3" / "config-3"
    config.mkdir(parents=True)
    (config / "Makefile").write_text(f"srcdir= {build}/src\n")
    reproducible.installation(tmp_path, build, WHEN)
    assert (config / "Makefile").read_text() == f"srcdir= {reproducible.PLACE}/src\n"


def test_time_follows_release_and_patches(tmp_path: Path) -> None:
    source, added = tmp_path / "source", tmp_path / "added"
    source.mkdir()
    added.mkdir()
    (source / "LICENSE").touch()
    os.utime(source / "LICENSE", (WHEN, WHEN))
    (added / "one.patch").write_text("1")
    first = reproducible.moment(source, added)
    assert WHEN <= first < WHEN + reproducible.SPREAD
    assert reproducible.moment(source, shutil.copytree(added, tmp_path / "copy")) == first
    (added / "one.patch").write_text("2")
    assert reproducible.moment(source, added) != first


def test_what_differs_is_named(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    for name in ("same", "content", "mode", "time", "kind", "alone", "longer"):
        (one / name).write_text("text")
    (one / "link").symlink_to("same")
    shutil.copytree(one, other, symlinks=True)
    assert compare.differences(one, other) == []
    ran = run_module("buildtool.cli.release", "compare", one, other)
    assert (ran.returncode, ran.stdout) == (0, "0 differences, 8 files and folders\n")
    (other / "content").write_text("tent")
    (other / "longer").write_text("text and more")
    for name in ("content", "longer"):
        shutil.copystat(one / name, other / name)
    (other / "mode").chmod(0o755)
    os.utime(other / "time", (1, 1))
    (other / "kind").unlink()
    (other / "kind").mkdir()
    (other / "alone").unlink()
    (other / "link").unlink()
    (other / "link").symlink_to("mode")
    found = {str(name): text for name, text in compare.differences(one, other)}
    assert set(found) == {"content", "longer", "mode", "time", "kind", "alone", "link"}
    assert found["content"] == "differs from byte 2 on"
    assert found["longer"] == "differs from byte 4 on; 4 and 13 bytes"
    assert found["mode"].startswith("mode 644 and 755")
    assert found["link"] == "links to same and mode"
    ran = run_module("buildtool.cli.release", "compare", one, other)
    assert error_line(ran).startswith("error: 7 differences")
    assert "content: differs from byte 2 on" in ran.stdout


def test_cache_of_the_compiled_is_found() -> None:
    """The recipe's Python finds the source of what another version has compiled."""
    source = importlib.util.source_from_cache("lib/__pycache__/module.cpython-399.opt-1.pyc")
    assert Path(source) == Path("lib/module.py")


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("options", [(), ("--stock",)], ids=["patched", "stock"])
def test_two_builds_are_the_same(options: tuple[str, ...], tmp_path: Path) -> None:
    """In two folders, by two job counts, without what an earlier build left."""
    command = ("check", "--work", tmp_path / "work", "--", "--no-packages", *options)
    ran = run_module("buildtool.cli.release", *command, limit=7200)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "\n0 differences" in ran.stdout
