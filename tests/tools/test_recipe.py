"""What the recipe does with files and flags: patches apply without fuzz, builds can be moved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from buildtool.core.errors import BuildError
from buildtool.core.versions import Python, conan_data
from buildtool.recipe import environment, options, patches, relocate, tree

PATCH = """\
--- a/file
+++ b/file
@@ -1,3 +1,3 @@
 one
-two
+2
 three
"""
PREFIX = "/opt/somewhere"


def test_patches_apply_without_fuzz(tmp_path: Path) -> None:
    tree, folder = tmp_path / "tree", tmp_path / "patches"
    tree.mkdir()
    folder.mkdir()
    (folder / "a.patch").write_text(PATCH)
    (folder / "b.patch").write_text(PATCH.replace("two", "2").replace("+2", "+zwei"))
    (tree / "file").write_text("one\ntwo\nthree\n")
    said: list[str] = []
    patches.apply(tree, folder, ["a.patch", "b.patch"], said.append)
    assert (tree / "file").read_text() == "one\nzwei\nthree\n"
    assert [line.partition("\n")[0] for line in said] == ["a.patch", "b.patch"]
    with pytest.raises(BuildError, match=r"patch a\.patch does not apply: file:1"):
        patches.apply(tree, folder, ["a.patch"], said.append)
    (tree / "file").write_text("ONE\ntwo\nthree\n")  # which fuzz would let pass
    with pytest.raises(BuildError, match="does not apply"):
        patches.apply(tree, folder, ["a.patch"], said.append)


def test_installation_names_the_place_where_it_is(tmp_path: Path) -> None:
    python = Python("3.14.7")
    for folder in ("bin", "lib/pkgconfig", str(python.library)):
        (tmp_path / folder).mkdir(parents=True)
    script, program = tmp_path / "bin" / "pip3", tmp_path / "bin" / python.program
    script.write_text(f"#!{PREFIX}/bin/python3.14\nimport sys\nprint('ran by', sys.argv[1])\n")
    script.chmod(0o755)
    program.write_text('#!/bin/sh\nexec python3 "$@"\n')
    program.chmod(0o755)
    (tmp_path / "lib/pkgconfig/python3.pc").write_text(f"prefix={PREFIX}\nlibdir=${{prefix}}/lib\n")
    details = tmp_path / python.library / "build-details.json"
    details.write_text(f'{{"base_prefix": "{PREFIX}", "headers": "{PREFIX}/include/x"}}')
    relocate.installation(tmp_path, PREFIX, python)
    said = subprocess.run([script, "it"], capture_output=True, text=True, check=True).stdout
    assert said == "ran by it\n"
    assert program.read_text().startswith("#!/bin/sh\nexec")
    pkgconfig = (tmp_path / "lib/pkgconfig/python3.pc").read_text()
    assert pkgconfig == "prefix=${pcfiledir}/../..\nlibdir=${prefix}/lib\n"
    assert details.read_text() == '{"base_prefix": "../..", "headers": "./include/x"}'


def test_variables_name_the_place_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "pybuilddir.txt").write_text("build/lib\n")
    (tmp_path / "build" / "lib").mkdir(parents=True)
    file = tmp_path / "build" / "lib" / "_sysconfigdata__linux_.py"
    file.write_text(f"build_time_vars = {{'LIBDIR': '{PREFIX}/lib', 'N': 1}}\n")
    relocate.variables(tmp_path, PREFIX)
    found: dict[str, dict[str, object]] = {}
    exec(file.read_text(), found)  # type: ignore[arg-type]
    assert found["build_time_vars"] == {"LIBDIR": f"{sys.base_exec_prefix}/lib", "N": 1}


CHOSEN = {one.name: one.default for one in options.OPTIONS}


@pytest.mark.parametrize(
    ("changed", "clang", "target", "common", "program"),
    [
        ({}, False, [], [], ["-Wl,--export-dynamic"]),
        ({"shared": True}, False, ["--sysroot=/s"], ["--sysroot=/s"], []),
        ({"lto": True, "shared": True}, True, [], [], ["-flto"]),
        ({"lto": True, "shared": True}, False, [], [], []),
        (
            {"sanitizers": "address+undefined", "shared": True},
            True,
            [],
            ["-fsanitize=address,undefined"],
            [],
        ),
    ],
)
def test_flags_of_users(
    changed: dict[str, object],
    clang: bool,
    target: list[str],
    common: list[str],
    program: list[str],
) -> None:
    found = environment.flags_of_users(CHOSEN | changed, clang, target)
    assert found == (common, program + common)


@pytest.mark.parametrize(
    ("changed", "windows", "crosses", "complaint"),
    [
        ({"debug": True}, True, False, "for Windows there is one flavour"),
        ({"pgo": True}, False, True, "which a cross build can't"),
        ({"trace_refs": "True"}, False, False, ""),
        ({"immortal": False, "base": "debian"}, True, True, ""),
    ],
)
def test_options_that_do_not_go_together(
    changed: dict[str, object], windows: bool, crosses: bool, complaint: str
) -> None:
    given = (conan_data(), Python("3.11.2"), CHOSEN | changed, windows, crosses)
    if not complaint:
        options.check(*given)
        return
    with pytest.raises(BuildError, match=complaint):
        options.check(*given)


class Recorder:
    """Stands for Conan's Environment."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def define(self, name: str, value: str) -> None:
        self.found[name] = value

    def append(self, name: str, value: str) -> None:
        self.found[name] = f"{self.found.get(name, '')} {value}".strip()

    def prepend_path(self, name: str, value: str) -> None:
        self.found[name] = value


def test_environment_of_a_cross_build() -> None:
    given = Recorder()
    environment.answer(given, ["ac_cv_file__dev_ptmx"])
    assert "ac_cv_file__dev_ptmx" not in given.found
    assert given.found["ac_cv_file__dev_ptc"] == "no"
    root = Path("/root")
    environment.use_sysroot(given, root, "i686-linux-gnu", ("clang -x", "clang++ -x"), False)
    assert (given.found["CC"], given.found["CXX"]) == ("clang -x", "clang++ -x")
    folders = "/root/usr/lib/i386-linux-gnu/pkgconfig:/root/usr/lib/pkgconfig"
    assert given.found["PKG_CONFIG_LIBDIR"] == folders
    assert given.found["LDFLAGS"] == "-L/root/usr/lib -L/root/usr/lib/i386-linux-gnu"
    plain = Recorder()
    environment.use_sysroot(plain, root, "s390x-linux-gnu", ("gcc", "g++"), True)
    assert "LDFLAGS" not in plain.found


def test_makefile_is_changed_where_it_is_as_expected(tmp_path: Path) -> None:
    python = Python("3.11.2")
    lines = ["CONFIGURE_LDFLAGS_NODIST=-s", *python.facts.makefile]
    file = tmp_path / "Makefile"
    file.write_text("\n".join(lines))
    tree.change_makefile(file, python, True)
    assert r"CONFIGURE_LDFLAGS_NODIST=-Wl,-rpath,\$$ORIGIN/../lib -s" in file.read_text()
    file.write_text("all:")
    with pytest.raises(BuildError, match="Makefile has no "):
        tree.change_makefile(file, python, False)


def test_installation_is_completed(tmp_path: Path) -> None:
    source, installed = tmp_path / "source", tmp_path / "installed"
    python = Python("3.11.2")
    for name in ("test_x.py", "crashers/a.py", "capi/b.py", "capi/__pycache__/b.pyc"):
        (source / "Lib" / "test" / name).parent.mkdir(parents=True, exist_ok=True)
        (source / "Lib" / "test" / name).touch()
    (source / "Tools" / "gdb").mkdir(parents=True)
    (source / "Tools" / "gdb" / "libpython.py").touch()
    (installed / python.library / "test").mkdir(parents=True)
    tree.complete(installed, source, python, immortal=True)
    found = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    tests = f"{python.library}/test"
    gdb = f"share/gdb/{python.program}-gdb.py"
    assert found == {f"{tests}/test_x.py", f"{tests}/capi/b.py", gdb, "pip.conf"}
