"""What to build: a target and the recipe's options, and what the result depends on."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from . import inputs, sources, targets, toolchain
from .errors import BuildError
from .paths import ROOT

DEFAULT_VERSION = "3.11.2"
SANITIZERS = ("none", "address", "undefined", "address+undefined")
BASES = ("upstream", "debian")


@dataclass(frozen=True)
class Configuration:
    """One interpreter; the fields from immortal on are the recipe's options of these names.

    What ci/targets.toml says of the target's options comes before them.
    """

    target: str = targets.DEFAULT
    version: str = DEFAULT_VERSION
    immortal: bool = True
    base: str = "upstream"
    computed_gotos: bool = True
    debug: bool = False
    lto: bool = False
    pgo: bool = False
    pymalloc: bool = True
    sanitizers: str = "none"
    shared: bool = False
    trace_refs: bool = False

    @property
    def name(self) -> str:
        """A name for folders and logs: the target and everything that differs from the default."""
        parts = [self.target]
        if self.version != DEFAULT_VERSION:
            parts.append(self.version)
        if not self.immortal:
            parts.append("stock")
        if self.base != "upstream":
            parts.append(self.base)
        if self.sanitizers != "none":
            parts.append(self.sanitizers)
        switches = ("debug", "lto", "pgo", "shared", "trace_refs")
        parts += [switch.replace("_", "-") for switch in switches if getattr(self, switch)]
        for switch in ("computed_gotos", "pymalloc"):
            if not getattr(self, switch):
                parts.append(f"no-{switch.replace('_', '-')}")
        return "-".join(parts)

    def recipe_options(self) -> dict[str, str]:
        """Return the options that the recipe is built with."""
        names = [field.name for field in fields(self)][2:]
        flavour = targets.find(self.target).options
        return {name: str(flavour.get(name, getattr(self, name))) for name in names}

    def source(self) -> sources.Source:
        """Return where the source of this version is; BuildError for an unknown version."""
        return sources.source(conan_data(), self.version)

    def fingerprint(self) -> str:
        """Return a hash of all that the interpreter is made from, to see whether it is current."""
        target = targets.find(self.target)
        asked = asdict(self) | self.recipe_options()
        digest = hashlib.sha256(repr(sorted(asked.items())).encode())
        digest.update(inputs.digest(inputs.inputs(target, self.immortal)).encode())
        if target.command == target.compiler:  # another is fetched once
            digest.update(compiler_version(target).encode())
        return digest.hexdigest()


def profile(target: targets.Target) -> Path:
    """Return the target's Conan profile."""
    return ROOT / "ci" / "profiles" / target.profile


def conan_data() -> dict[str, Any]:
    """Return the parsed conandata.yml."""
    data: dict[str, Any] = yaml.safe_load((ROOT / "conandata.yml").read_text())
    return data


def compiler_version(target: targets.Target) -> str:
    """Return what the target's compiler says to --version; BuildError if it can't be run."""
    compiler = target.compiler
    if target.release:
        compiler = str(toolchain.place(target.release, compiler))
    try:
        ran = subprocess.run([compiler, "--version"], capture_output=True, text=True)
    except OSError as error:
        raise BuildError(f"the compiler {compiler} does not run: {error}") from error
    return ran.stdout
