"""What the recipe does with files: patches apply without fuzz, an installation can be moved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from buildtool.core.errors import BuildError
from buildtool.core.versions import Python
from buildtool.recipe import patches, relocate

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
