"""The recipe's options: the one table, from which the recipe, build.sh and names are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core import versions
from ..core.errors import BuildError

BOTH = (True, False)


@dataclass(frozen=True)
class Option:
    """One option of the recipe, which is build.sh's *flag* as well.

    *configure* has for a value the arguments that configure gets. A flag without a value takes what
    isn't the default.
    """

    name: str
    default: bool | str
    flag: str
    help: str
    values: tuple[bool | str, ...] = BOTH
    configure: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_switch(self) -> bool:
        """Whether its flag takes no value."""
        return self.values == BOTH

    def label(self, value: object) -> str:
        """Return what *value* adds to the name of a configuration; "" for the default."""
        if value == self.default:
            return ""
        return self.flag.removeprefix("--") if self.is_switch else str(value)


# What configure gets for all of them.
ALWAYS = ("--enable-option-checking=fatal", "--enable-loadable-sqlite-extensions")

ADDRESS, UNDEFINED = "--with-address-sanitizer", "--with-undefined-behavior-sanitizer"

OPTIONS = (
    Option("immortal", True, "--stock", "build without the series, in the same way"),
    Option(
        "base",
        "upstream",
        "--base",
        "what the series is put on: upstream's release, or that with Debian's own fixes, where "
        "Debian has some",
        ("upstream", "debian"),
    ),
    Option(
        "sanitizers",
        "none",
        "--sanitizers",
        "instrument the interpreter",
        ("none", "address", "undefined", "address+undefined"),
        {
            "address": (ADDRESS,),
            "undefined": (UNDEFINED,),
            "address+undefined": (ADDRESS, UNDEFINED),
        },
    ),
    Option(
        "debug",
        False,
        "--debug",
        "a debug build of CPython (pydebug)",
        configure={"True": ("--with-pydebug",)},
    ),
    Option(
        "free_threaded",
        False,
        "--free-threaded",
        "a build without the GIL, of a version that has one",
        configure={"True": ("--disable-gil",)},
    ),
    Option(
        "lto",
        False,
        "--lto",
        "link-time optimization",
        configure={"True": ("--with-lto",)},
    ),
    Option(
        "pgo",
        False,
        "--pgo",
        "profile-guided optimization (takes much longer)",
        configure={"True": ("--enable-optimizations",)},
    ),
    Option("shared", False, "--shared", "build libpython as a shared library"),
    Option(
        "trace_refs",
        False,
        "--trace-refs",
        "keep a list of all objects, for debugging",
        configure={"True": ("--with-trace-refs",)},
    ),
    Option(
        "computed_gotos",
        True,
        "--no-computed-gotos",
        "dispatch bytecode with a switch",
        configure={"False": ("--without-computed-gotos",)},
    ),
    Option(
        "pymalloc",
        True,
        "--no-pymalloc",
        "allocate everything with malloc",
        configure={"False": ("--without-pymalloc",)},
    ),
)


def find(name: str) -> Option:
    """Return the option *name*; KeyError if there is none."""
    return {one.name: one for one in OPTIONS}[name]


def configure_args(chosen: Mapping[str, object]) -> list[str]:
    """Return what configure gets for the values that are *chosen*, by the options' names."""
    own = (arg for one in OPTIONS for arg in one.configure.get(str(chosen[one.name]), ()))
    return [*ALWAYS, *own]


def check(
    data: Mapping[str, Any],
    python: versions.Python,
    chosen: Mapping[str, object],
    windows: bool,
    crosses: bool = False,
) -> None:
    """Raise BuildError, in one line, unless such an interpreter can be built.

    *data* is conandata.yml, and *chosen* the values of the options, by their names. *crosses* tells
    whether this machine builds it for another, or for another C library; that a profile says.
    """
    version = python.version
    versions.check(data, python, str(chosen["immortal"]) == "True")
    if windows and not python.facts.windows:
        raise BuildError(f"{version} can't be built for Windows here; use another target")
    one_flavour = (one for one in OPTIONS if one.name not in ("immortal", "base"))
    if windows and any(str(chosen[one.name]) != str(one.default) for one in one_flavour):
        raise BuildError("for Windows there is one flavour, the default")
    if chosen["base"] == "debian" and version not in data["debian"]:
        raise BuildError(f"Debian has no patches for {version}; use --base upstream")
    if python.free_threaded and str(chosen["trace_refs"]) == "True":
        raise BuildError("--trace-refs can't be had of a free-threaded build; leave one out")
    if crosses and str(chosen["pgo"]) == "True":
        raise BuildError(
            "profile-guided optimization runs the interpreter, which a cross build can't"
        )
