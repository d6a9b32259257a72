"""The list of targets, ci/targets.toml, with what ci/machines.toml says of each machine."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass, field
from typing import Any

from .errors import BuildError
from .paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULT = "x86_64-gcc"


@dataclass(frozen=True)
class Known:
    """A case that fails in stock, or a whole module where *case* is "", and why.

    For a case that stock doesn't have, *shown_by* is a program that fails in stock as well.
    """

    test: str
    case: str
    cause: str
    shown_by: str = ""


@dataclass(frozen=True)
class Target:
    """One entry; ci/targets.toml says what the fields mean."""

    name: str
    compiler: str
    arch: str
    machine: str
    bits: int
    byte_order: str
    alignment: int
    runner: str
    tier: int
    release: str = ""
    system: str = "Linux"
    profile: str = ""
    packages: list[str] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    huntrleaks: str = ""
    hosted: str = "ubuntu-latest"
    tests: str = "core"
    baseline: list[Known] = field(default_factory=list)
    # Results of the matrix don't depend on it: out of the text that their hash is made of.
    platform: str = field(default="", repr=False)

    @property
    def command(self) -> str:
        """Return the command that has to be on this machine before the target can be built.

        The compiler, unless the recipe fetches it: then what makes the compiler run here.
        """
        if self.release:
            return "patchelf"
        return "unshare" if self.system == "Windows" else self.compiler

    @property
    def is_emulated(self) -> bool:
        """Tell whether its programs run slowly, and in somebody else's memory."""
        return self.runner.startswith("qemu-") or self.runner == "wine"


def load() -> dict[str, Target]:
    """Return the targets by name, in the file's order."""
    entries = tomllib.loads((ROOT / "ci" / "targets.toml").read_text())
    rows = machines()
    found = {}
    for name, entry in entries.items():
        known = [Known(**one) for one in entry.pop("baseline", [])]
        row = rows[entry.get("system", "Linux")][entry["arch"]]
        kind = {key: row[key] for key in ("machine", "bits", "byte_order", "alignment")}
        profile = {"profile": "" if entry["runner"] == "hosted" else name}
        found[name] = Target(name, **kind, **(profile | entry), baseline=known)
    return found


def machines() -> dict[str, dict[str, dict[str, Any]]]:
    """Return ci/machines.toml, by system and architecture; the file says what its words mean."""
    return tomllib.loads((ROOT / "ci" / "machines.toml").read_text())


def find(name: str) -> Target:
    """Return the target *name*; BuildError, with the nearest name, if there is none."""
    known = load()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else "--list-targets lists them"
        raise BuildError(f"unknown target {name}; {hint}")
    return known[name]


def buildable(name: str) -> Target:
    """Return the target *name*, one that the recipe builds here; BuildError otherwise."""
    target = find(name)
    if target.runner == "hosted":
        raise BuildError(f"{name} is built on a hosted runner only ({target.hosted})")
    if not target.profile:
        raise BuildError(f"{name} is not built by the recipe; see build-scripts/matrix.sh {name}")
    return target


def tests(name: str) -> list[str]:
    """Return the list *name* of ci/tests.toml, with the lists that it includes."""
    lists = tomllib.loads((ROOT / "ci" / "tests.toml").read_text())
    if name not in lists:
        raise BuildError(f"ci/tests.toml has no list {name}; it has {', '.join(lists)}")
    found: list[str] = []
    for entry in lists[name]:
        found += tests(entry) if entry in lists else [entry]
    return found


def table() -> str:
    """Return the list of targets for people."""
    lines = [f"{'target':<32}{'compiler':<26}{'word':<8}{'byte order':<12}{'tier':<6}runs"]
    for one in load().values():
        lines.append(
            f"{one.name:<32}{one.compiler:<26}{f'{one.bits} bit':<8}{one.byte_order:<12}"
            f"{one.tier:<6}{one.runner}"
        )
    return "\n".join(lines)
