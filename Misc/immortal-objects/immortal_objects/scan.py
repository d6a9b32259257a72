"""Which installed extension modules write to immortal objects by counting references to them?

python -m immortal_objects.scan [PATH...]

A module that counts references without a test writes to immortal objects, so forked processes copy
what they look at through it.

From CPython 3.12 on the headers have the test, and so has every module that was built for that
version. Without it are modules for the stable ABI of 3.11 or older, which are named NAME.abi3.so:
they free objects by themselves. Those for the stable ABI of 3.12 and later, and those by PyO3, call
the interpreter to count. (A module for the older stable ABI that was compiled with the headers of
3.12 or later is named here as well: nothing in it tells.)

CPython 3.11 with immortal objects loads extension modules that were built for stock CPython 3.11,
too, which has no test. Wheels are such modules; so are those that pip has built from source with
stock CPython and kept in its cache, from where it installs them into either interpreter. What is
compiled with the headers of this interpreter says so.

PATH is a module, or a folder with modules below it;
by default those of sys.path, less the standard library's own. Prints a line for each distribution,
with the command that builds it anew, and exits with status 1 if there is any.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import mmap
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

# Whether the headers of stock CPython have the test.
TESTED = sys.version_info >= (3, 12)
# What Include/object.h of the patched 3.11 leaves in an ELF file.
MARK = b"CPython with immortal objects"
# What Py_DECREF() calls, where it is compiled into a module.
FREES = b"_Py_Dealloc\0"
# Py_DecRef() or _Py_DecRef(), which the stable ABI of 3.12 and PyO3 have in place of it.
CALLS = b"Py_DecRef\0"
SUFFIX = ".so"
# Of a module that is built for one version: name.cpython-314-x86_64-linux-gnu.so
FOR_ONE_VERSION = ".cpython-3"


def counts_unguarded(path: Path) -> bool:
    """Tell whether the module *path* counts references without a test, in this interpreter.

    Raises OSError if it can't be read, and ValueError if it is empty.
    """
    if TESTED and FOR_ONE_VERSION in path.name:
        return False
    with path.open("rb") as file:
        if file.read(4) != b"\x7fELF":
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            marks = (MARK, CALLS) if TESTED else (MARK,)
            return content.find(FREES) >= 0 and all(content.find(mark) < 0 for mark in marks)


def modules(places: Iterable[Path]) -> list[Path]:
    """Return the extension modules in *places*, files or folders, each once and in order."""
    found: set[Path] = set()
    for place in places:
        if place.is_dir():
            found.update(path.resolve() for path in _below(place))
        else:
            found.add(place.resolve())
    return sorted(found)


def _below(folder: Path) -> Iterator[Path]:
    for name, _, files in os.walk(folder):
        for file in files:
            path = Path(name, file)
            # A library that modules bring along is none: "libz.so.1", or in a folder "numpy.libs".
            if file.endswith(SUFFIX) and path.is_file():
                yield path


def default_places() -> list[Path]:
    """Return the folders of sys.path in which other modules than the standard library's lie."""
    library = Path(sysconfig.get_path("stdlib")).resolve()
    own = {library, library / "lib-dynload"}
    places = [Path(name or os.curdir).resolve() for name in sys.path]
    return [place for place in dict.fromkeys(places) if place.is_dir() and place not in own]


def owners(places: Iterable[Path]) -> dict[Path, str]:
    """Return for each extension module of an installed distribution the distribution's name."""
    found: dict[Path, str] = {}
    for one in importlib.metadata.distributions(path=[str(place) for place in places]):
        for file in one.files or ():
            if file.name.endswith(SUFFIX):
                found.setdefault(Path(str(one.locate_file(file))).resolve(), one.metadata["Name"])
    return found


def report(found: Iterable[Path], names: dict[Path, str]) -> list[str]:
    """Return the lines for modules that count without a test: by distribution, then by path."""
    by_name: dict[str, int] = {}
    others = []
    for path in found:
        if path in names:
            by_name[names[path]] = by_name.get(names[path], 0) + 1
        else:
            others.append(f"{path}: build it with this interpreter")
    lines = []
    for name, number in sorted(by_name.items(), key=lambda pair: pair[0].lower()):
        what = "module counts" if number == 1 else "modules count"
        options = f"--force-reinstall --no-deps --no-cache-dir --no-binary {name}"
        lines.append(f"{name}: {number} {what} without a test; pip install {options} {name}")
    return lines + others


def main(arguments: list[str] | None = None) -> int:
    """Print the report; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m immortal_objects.scan",
        description="Find the extension modules that count references without a test, which makes "
        "forked processes copy immortal objects.",
    )
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="a module, or a folder with modules below it (default: what can be imported)",
    )
    options = parser.parse_args(arguments)
    for path in options.paths:
        if not path.exists():
            print(f"error: {path} does not exist", file=sys.stderr)
            return 2
    places = options.paths or default_places()
    every = modules(places)
    found = []
    for path in every:
        try:
            if counts_unguarded(path):
                found.append(path)
        except (OSError, ValueError) as error:  # ValueError: an empty file can't be mapped
            print(f"error: {path} can't be read: {error}", file=sys.stderr)
            return 2
    lines = report(found, owners(default_places()))
    print("\n".join(lines or [f"{len(every)} extension modules, none counts without a test"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
