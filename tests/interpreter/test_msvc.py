"""Is the series right for cl.exe? The interpreter, preprocessed for it, has no new GNU extension.

clang-cl compiles what cl refuses, so that it compiles there proves nothing about that.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from buildtool.core import paths, versions
from buildtool.core.errors import BuildError
from buildtool.interpreter.configuration import Configuration
from buildtool.series import repository
from buildtool.series.base import make_base
from buildtool.windows import build, gnu, root

# What clang's headers make of the standard offsetof(); cl.exe's make something else of it.
OFFSETOF = "__builtin_offsetof"
MADE_UP = """\
#line 1 "/usr/include/wine/wine/windows/winnt.h"
int theirs __attribute__((unused));
#line 1 "Include\\\\object.h"
int ours   __attribute__((unused));
#line 7 "Objects\\\\object.c"
const char *text = "__attribute__ ({ ";
int count = ({ 1; });
int plain = 1;
"""


def test_extensions_are_found_in_our_own_lines(tmp_path: Path) -> None:
    file = tmp_path / "object.i"
    file.write_text(MADE_UP)
    assert gnu.find([file]) == {
        ("Include/object.h", "int ours __attribute__((unused));"),
        ("Objects/object.c", "int count = ({ 1; });"),
    }


@pytest.mark.parametrize(
    "arch",
    ["x86_64", *(pytest.param(arch, marks=pytest.mark.slow) for arch in ("i686", "aarch64"))],
)
def test_series_adds_no_extension(arch: str, stock: Path, tmp_path: Path) -> None:
    wine = root.find(arch)
    if not wine.folder.exists():
        # The headers are the same in each root; making another takes a minute.
        ready = [one for one in map(root.find, ("x86_64", "i686")) if one.folder.exists()]
        wine = root.Root(wine.arch, ready[0].folder) if ready else wine
    try:
        wine.make(print)
    except BuildError as error:
        pytest.skip(str(error))
    base = make_base(versions.default())
    found = {}
    for side in ("stock", "patched"):
        tree = tmp_path / side
        patches = repository.read_patches(paths.series_folder(Configuration().series))
        repository.import_series(base, patches if side == "patched" else [], tree)
        jobs = len(os.sched_getaffinity(0))
        files = build.preprocess(tree, wine, stock, jobs)
        assert len(files) > 180
        found[side] = gnu.find(files)
    added = found["patched"] - found["stock"]
    assert {one for one in added if gnu.EXTENSIONS.search(one[1].replace(OFFSETOF, ""))} == set()
