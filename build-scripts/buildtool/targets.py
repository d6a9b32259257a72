"""The list of targets, ci/targets.toml."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass

from .errors import BuildError
from .paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULT = "x86_64-gcc"


@dataclass(frozen=True)
class Target:
    """One entry; ci/targets.toml says what the fields mean."""

    name: str
    profile: str
    compiler: str
    packages: list[str]
    arch: str
    bits: int
    byte_order: str
    runner: str
    tier: int


def load() -> dict[str, Target]:
    """Return the targets by name, in the file's order."""
    entries = tomllib.loads((ROOT / "ci" / "targets.toml").read_text())
    return {name: Target(name, **entry) for name, entry in entries.items()}


def find(name: str) -> Target:
    """Return the target *name*; BuildError, with the nearest name, if there is none."""
    known = load()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else "--list-targets lists them"
        raise BuildError(f"unknown target {name}; {hint}")
    return known[name]


def table() -> str:
    """Return the list of targets for people."""
    lines = [f"{'target':<20}{'compiler':<12}{'word':<8}{'byte order':<12}runs"]
    for one in load().values():
        word = f"{one.bits} bit"
        lines.append(f"{one.name:<20}{one.compiler:<12}{word:<8}{one.byte_order:<12}{one.runner}")
    return "\n".join(lines)
