"""Build CPython for Windows from a source tree, and lay it out as its installer would."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..core.errors import BuildError
from . import frozen, msbuild, ninja
from .root import DATA, Root

# The interpreter, its DLL, and the DLL of the stable ABI.
CORE = ("pythoncore", "python", "python3dll")
# Extension modules of PCbuild/pcbuild.proj that are not built, and why not.
LEFT_OUT = {
    "_msi": "Wine has no headers for making installers",
    "_testconsole": "names its headers in another case than they have",
    "_ctypes_test": "there is no _ctypes: it needs libffi",
    "xxlimited": "links with python3.lib, and shows no more than _testcapi",
    "xxlimited_35": "links with python3.lib, and shows no more than _testcapi",
}

_LAUNCHER = """\
#!/bin/sh
# Runs the interpreter under Wine. On Windows, python.exe runs by itself.
wine=${{CPYTHON_IMMORTAL_WINE:-{wine}}}
if [ ! -x "$wine" ]; then
    echo "error: $wine isn't there; build.sh --target {name}-windows-msvc makes it" >&2
    exit 1
fi
# A list of folders in Unix's form: Windows parts its names by semicolons.
case ${{PYTHONPATH-}} in
    /*) PYTHONPATH=$(printf %s "$PYTHONPATH" | tr : ";") ;;
esac
exec "$wine" "$(dirname -- "$(dirname -- "$(realpath -- "$0")")")/python.exe" "$@"
"""


def compile_all(
    source: Path, root: Root, python: Path, jobs: int, say: Callable[[str], None]
) -> None:
    """Compile and link everything in *source*.

    *python* is a native interpreter of the same version. Where *root* has no Wine, nothing is
    linked. Raises BuildError; what went wrong is in the output of ninja, which is ours.
    """
    properties = root.arch.properties(_version(source))
    _run(source, root, python, jobs, say, "compile", _projects(source, properties))


def preprocess(source: Path, root: Root, python: Path, jobs: int) -> list[Path]:
    """Preprocess the files of the interpreter itself, as cl sees them; return the results."""
    return _run(source, root, python, jobs, lambda _: None, "preprocess", CORE[:1])


def _run(
    source: Path,
    root: Root,
    python: Path,
    jobs: int,
    say: Callable[[str], None],
    step: str,
    projects: Sequence[str],
) -> list[Path]:
    """Do *step* of ninja.STEPS with each file of *projects*; return what it makes of them."""
    properties = root.arch.properties(_version(source))
    say("freezing modules")
    frozen.freeze(source, python, properties)
    shutil.copytree(DATA / "include", source / ninja.SUPPORT, dirs_exist_ok=True)
    writer = ninja.Writer(source, root.arch, properties, step)
    for name in projects:
        writer.add(name)
    (source / ninja.OUTPUT / "build.ninja").write_text(writer.text)
    say(f"{len(writer.objects)} files to {step}")
    ran = root.run(
        ["ninja", f"-j{jobs}", "-f", f"{ninja.OUTPUT}/build.ninja"],
        cwd=source,
        env={
            "CCACHE_COMPILERTYPE": "clang-cl",
            "CCACHE_BASEDIR": str(source),
            "CCACHE_NOHASHDIR": "1",
        },
    )
    if ran.returncode:
        raise BuildError("ninja failed; its output says what it could not build")
    return [source / name for name in writer.objects]


def install(source: Path, root: Root, folder: Path) -> None:
    """Copy what was built into *folder*, as the tree of a Windows installation.

    Without Wine for it, nothing was linked, and there is nothing to copy.
    """
    if not root.arch.debian:
        return
    output = source / ninja.OUTPUT
    for name in ("DLLs", "libs", "bin"):
        (folder / name).mkdir(parents=True)
    for path in sorted(output.iterdir()):
        place = {".exe": "", ".dll": "", ".pyd": "DLLs", ".lib": "libs"}.get(path.suffix)
        if place is None or (path.suffix == ".lib" and not path.name.startswith("python")):
            continue
        shutil.copy(path, folder / place)
    unwanted = shutil.ignore_patterns("__pycache__", "crashers", "leakers")
    shutil.copytree(source / "Lib", folder / "Lib", ignore=unwanted)
    shutil.copytree(source / "Include", folder / "include")
    shutil.copy(source / "PC" / "pyconfig.h", folder / "include")
    launcher = folder / "bin" / "python{}.{}".format(*_version(source))
    launcher.write_text(_LAUNCHER.format(wine=root.folder / "wine.sh", name=root.arch.name))
    launcher.chmod(0o755)


def _version(source: Path) -> tuple[int, int]:
    """Return the source's version, such as (3, 8)."""
    text = (source / "Include" / "patchlevel.h").read_text()
    major, minor = re.findall(r"^#define PY_(?:MAJOR|MINOR)_VERSION\s+(\d+)", text, re.MULTILINE)
    return int(major), int(minor)


def _projects(source: Path, properties: Mapping[str, str]) -> list[str]:
    """Return the names of all projects: the core, the extension modules, those of the tests."""
    # What needs OpenSSL, SQLite, Tcl, ... from elsewhere is not built.
    own = {"IncludeExternals": "false", "IncludeCTypes": "false", "IncludeSSL": "false"}
    listed = msbuild.read(source / "PCbuild" / "pcbuild.proj", {**properties, **own})
    items = [*listed.items["ExtensionModules"], *listed.items["TestModules"]]
    return [*CORE, *(item.include for item in items if item.include not in LEFT_OUT)]
