"""The CPython versions that there are, the names that follow from one, and what is true of it.

conandata.yml lists the versions and the series that each takes; build-scripts/versions/ has a file
for each minor version. No other place of the tools names a version.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from . import paths
from .errors import BuildError


@dataclass(frozen=True)
class Facts:
    """What is true of a minor version: a file of build-scripts/versions/.

    configure           what configure gets in any case: what this machine happens to have must not
                        decide which modules are built
    makefile            texts of the Makefile and what the recipe puts in their place, so that the
                        library is compiled for the plain interpreter alone
    windows             whether the recipe builds it for Windows
    upstream_immortal   whether stock has immortal objects of its own (PEP 683)
    free_threading      whether it can be built without the GIL
    trace_refs_words    pointers that --with-trace-refs adds to each object
    """

    configure: Sequence[str]
    makefile: Mapping[str, str]
    windows: bool
    upstream_immortal: bool
    free_threading: bool
    trace_refs_words: int


@dataclass(frozen=True)
class Python:
    """One version of CPython, of which kind; every name in an installation follows from it."""

    version: str
    free_threaded: bool = False
    debug: bool = False

    @property
    def minor(self) -> str:
        """The first two numbers, as in 3.N; of 3.N.0rc2 as well."""
        found = re.match(r"\d+\.\d+(?=\.)", self.version)
        if not found:
            raise BuildError(f"{self.version} is no version of CPython; three numbers make one")
        return found[0]

    @property
    def abi_flags(self) -> str:
        """The letters of sys.abiflags: t without the GIL, d for a debug build."""
        return "t" * self.free_threaded + "d" * self.debug

    @property
    def program(self) -> str:
        """The program's name in bin/; every kind has it, as a link where the ABI has flags."""
        return f"python{self.minor}"

    @property
    def config(self) -> str:
        """The name of the script in bin/ that prints the flags of a compiler."""
        return f"{self.program}-config"

    @property
    def library(self) -> Path:
        """The standard library's folder, relative to the installation."""
        return Path("lib", self.program + "t" * self.free_threaded)

    @property
    def include(self) -> Path:
        """The folder of the headers, relative to the installation."""
        return Path("include", self.program + self.abi_flags)

    @property
    def link_name(self) -> str:
        """The name of libpython for a linker's -l."""
        return self.program + self.abi_flags

    @property
    def dll(self) -> str:
        """The name of Windows's library, without its suffix."""
        name = self.program.replace(".", "") + "t" * self.free_threaded
        return f"{name}_d" if self.debug else name

    @property
    def tag(self) -> str:
        """The tag of the interpreter and its ABI in the names of wheels."""
        return "cp" + self.minor.replace(".", "") + self.abi_flags

    @property
    def facts(self) -> Facts:
        """What is true of its minor version; BuildError if there is no file of it."""
        return facts(self.minor)


def conan_data() -> dict[str, Any]:
    """Return the parsed conandata.yml."""
    data: dict[str, Any] = yaml.safe_load((paths.ROOT / "conandata.yml").read_text("utf-8"))
    return data


@functools.cache
def default() -> str:
    """Return the version that is built where none is named."""
    return str(conan_data()["default"])


@functools.cache
def facts(minor: str) -> Facts:
    """Return what is true of a minor version; BuildError if there is no file of it."""
    file = paths.ROOT / "build-scripts" / "versions" / f"{minor}.yml"
    try:
        return Facts(**yaml.safe_load(file.read_text("utf-8")))
    except (OSError, TypeError, yaml.YAMLError) as error:
        raise BuildError(f"{file} has to say what is true of {minor}: {error}") from error


def with_series(data: Mapping[str, Any], series: str = "") -> list[str]:
    """Return the versions that take *series*, or any, in the order of conandata.yml."""
    found = {version: entry.get("series", "") for version, entry in data["sources"].items()}
    return [version for version, one in found.items() if one and one == (series or one)]


def all_series(data: Mapping[str, Any]) -> list[str]:
    """Return the names of the series that versions take, each once."""
    return list(dict.fromkeys(series(data, version) for version in with_series(data)))


def base(data: Mapping[str, Any], name: str) -> str:
    """Return the version that the series *name* is made on: the default, or its oldest."""
    versions = with_series(data, name)
    return default() if default() in versions else versions[-1]


def newest(data: Mapping[str, Any], minor: str) -> str:
    """Return the newest version of *minor* that there is; BuildError if there is none."""
    for version in data["sources"]:  # the newest come first
        if Python(version).minor == minor:
            return str(version)
    raise BuildError(f"conandata.yml has no version of {minor}")


def series(data: Mapping[str, Any], version: str) -> str:
    """Return the name of the series that *version* takes, "" if none; BuildError if unknown."""
    entries = data["sources"]
    if version not in entries:
        raise BuildError(f"unknown version {version}; conandata.yml has {', '.join(entries)}")
    return str(entries[version].get("series", ""))


def check(data: Mapping[str, Any], python: Python, immortal: bool) -> None:
    """Raise BuildError, in one line, unless such an interpreter can be built."""
    taken = series(data, python.version)
    if immortal and not taken:
        raise BuildError(
            f"{python.version} has no series of patches; use --stock, or a version that has one: "
            f"{', '.join(with_series(data))}"
        )
    if not python.free_threaded:
        return
    if not python.facts.free_threading:
        able = [name for name in data["sources"] if Python(name).facts.free_threading]
        raise BuildError(
            f"{python.minor} has no free-threaded build; versions that have one: {', '.join(able)}"
        )
    if immortal:
        raise BuildError(f"the series {taken} has no free-threaded build yet; use --stock")


def installed(prefix: Path) -> Python:
    """Return what an installation in *prefix* is of, by its files; BuildError if there is none.

    The version is the minor one, followed by ".0".
    """
    names = [path.name for path in prefix.glob("bin/python*")]
    numbers = [int(match[1]) for name in names if (match := re.fullmatch(r"python3\.(\d+)", name))]
    if not numbers:
        raise BuildError(f"{prefix} has no CPython: there is no bin/python3.N")
    found = Python(f"3.{max(numbers)}.0")
    without_gil = replace(found, free_threaded=True)
    return without_gil if (prefix / without_gil.library).is_dir() else found
