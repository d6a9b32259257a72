"""What the recipe changes in files: of the source tree, and of what make leaves in it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from ..core.errors import BuildError
from ..core.versions import Python
from ..series import order
from . import patches, sources

Say = Callable[[str], None]

# Modules/Setup.local, by which CPython is given another module; see Misc/cowtrace/setup.py.
COWTRACE = """\
*shared*
_cowtrace _cowtrace/_cowtrace.c -Wl,-z,now
*static*
"""

# pip's settings of the installation. A wheel that pip has built from source with stock CPython has
# the same name, and counts references without a test: pip keeps those that it builds apart.
PIP_CONF = """\
# What pip builds from source with another CPython {minor} is not taken for this one's.
# PIP_CACHE_DIR and --cache-dir override it. A virtual environment has a pip.conf of its own.
[global]
cache-dir = ~/.cache/pip/cpython-immortal
"""


def replace(file: Path, changes: Mapping[str, str]) -> None:
    """Replace texts in *file*; BuildError if one isn't there."""
    text = file.read_text(encoding="utf-8")
    for old, new in changes.items():
        if old not in text:
            raise BuildError(f"{file.name} has no {old.strip()!r}, which the recipe replaces")
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def apply_debian(tree: Path, wanted: sources.Source, store: Path, say: Say) -> None:
    """Fetch Debian's own fixes, as sources.fetch_debian_patches(), and apply them to *tree*.

    Raises BuildError for a reject, too.
    """
    archive = sources.fetch_debian_patches(wanted, store, say)
    with tempfile.TemporaryDirectory() as unpacked:
        problem = f"{archive} can't be unpacked"
        folder = sources.unpack(archive, Path(unpacked), problem) / "patches"
        assert wanted.debian is not None  # whose patches they are
        patches.apply(tree, folder, wanted.debian.fixes((folder / "series").read_text()), say)
    # Debian compiles pyexpat into the interpreter, so its fix for CVE-2026-4224 uses the core's
    # headers without more ado; as a module of its own, it has to say so.
    plain = "Extension('pyexpat', sources=['pyexpat.c']"
    core = "define_macros=[('Py_BUILD_CORE_MODULE', '1')]"
    replace(tree / "setup.py", {plain: f"{plain}, {core}"})


def apply_series(tree: Path, folder: Path, say: Say) -> None:
    """Apply the series in *folder* to *tree*; BuildError for a reject, and for no patch at all."""
    names = order.read(folder / "series").names
    if not names:
        raise BuildError(
            f"patches/{folder.name}/series lists no patch; build stock CPython with "
            "-o immortal=False (build.sh --stock)"
        )
    patches.apply(tree, folder, names, say)


def add_cowtrace(tree: Path, package: Path) -> None:
    """Lay the package Misc/cowtrace over *tree*, as a part of the standard library."""
    shutil.copytree(package / "cowtrace", tree / "Lib" / "cowtrace")
    shutil.copytree(package / "src", tree / "Modules" / "_cowtrace")
    (tree / "Modules" / "Setup.local").write_text(COWTRACE)
    # "make install" installs the folders of this list.
    folders = "\nLIBSUBDIRS=\tasyncio "
    replace(tree / "Makefile.pre.in", {folders: f"{folders}cowtrace "})


def change_makefile(file: Path, python: Python, shared: bool) -> None:
    """Change the Makefile that configure has made; BuildError if it isn't as it should be."""
    # The library compiled for -O and -OO as well takes three times as long to install; where it
    # is asked for, the interpreter does that by itself.
    changes = dict(python.facts.makefile)
    if shared:
        # The interpreter finds its library wherever both are. "$" is escaped for make and for the
        # shell; the environment and configure would not leave it alone.
        variable = "CONFIGURE_LDFLAGS_NODIST="
        changes[variable] = rf"{variable}-Wl,-rpath,\$$ORIGIN/../lib "
    replace(file, changes)


def complete(installed: Path, tree: Path, python: Python, immortal: bool) -> None:
    """Add to what "make install" has *installed* what it leaves out, or doesn't know."""
    ignored = shutil.ignore_patterns("*.pyc", "__pycache__", "crashers", "leakers")
    tests = installed / python.library / "test"  # most of it is there: not test_capi, test_sqlite3
    shutil.copytree(tree / "Lib" / "test", tests, ignore=ignored, dirs_exist_ok=True)
    printers = installed / "share" / "gdb"
    printers.mkdir(parents=True)
    script = printers / f"{python.program}-gdb.py"
    shutil.copyfile(tree / "Tools" / "gdb" / "libpython.py", script)
    if immortal:
        (installed / "pip.conf").write_text(PIP_CONF.format(minor=python.minor))
