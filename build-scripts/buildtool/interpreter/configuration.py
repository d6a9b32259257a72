"""What to build: a target and the recipe's options, and what the result depends on."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..core import process, targets, versions
from ..core.paths import ROOT
from ..core.versions import Python, conan_data
from ..recipe import sources, toolchain
from ..recipe.options import OPTIONS, check
from . import inputs


@dataclass(frozen=True)
class Configuration:
    """One interpreter; beside target and version, the fields are the options of the recipe.

    What ci/targets.toml says of the target's options comes before them.
    """

    target: str = targets.DEFAULT
    version: str = field(default_factory=versions.default)
    immortal: bool = True
    base: str = "upstream"
    computed_gotos: bool = True
    debug: bool = False
    free_threaded: bool = False
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
        if self.version != versions.default():
            parts.append(self.version)
        parts += [one.label(getattr(self, one.name)) for one in OPTIONS]
        return "-".join(part for part in parts if part)

    @property
    def python(self) -> Python:
        """The version and its kind, from which the names in the installation follow."""
        return Python(self.version, self.free_threaded, self.debug)

    @property
    def series(self) -> str:
        """The series that the version takes, "" if none; BuildError for an unknown version."""
        return versions.series(conan_data(), self.version)

    def check(self) -> None:
        """Raise BuildError, in one line, unless there is such an interpreter."""
        windows = targets.find(self.target).system == "Windows"
        check(conan_data(), self.python, self.recipe_options(), windows)

    def recipe_options(self) -> dict[str, str]:
        """Return the options that the recipe is built with."""
        flavour = targets.find(self.target).options
        return {one.name: str(flavour.get(one.name, getattr(self, one.name))) for one in OPTIONS}

    def source(self) -> sources.Source:
        """Return where the source of this version is; BuildError for an unknown version."""
        return sources.source(conan_data(), self.version)

    def fingerprint(self) -> str:
        """Return a hash of all that the interpreter is made from, to see whether it is current."""
        target = targets.find(self.target)
        asked = asdict(self) | self.recipe_options()
        digest = hashlib.sha256(repr(sorted(asked.items())).encode())
        files = inputs.inputs(target, self.version, self.immortal)
        digest.update(inputs.digest(files, self.version).encode())
        if target.command == target.compiler:  # another is fetched once
            digest.update(compiler_version(target).encode())
        return digest.hexdigest()


def profile(target: targets.Target) -> Path:
    """Return the target's Conan profile."""
    return ROOT / "ci" / "profiles" / target.profile


def compiler_version(target: targets.Target) -> str:
    """Return what the target's compiler says to --version; BuildError if it can't be run."""
    compiler = target.compiler
    if target.release:
        compiler = str(toolchain.place(target.release, compiler))
    return process.run([compiler, "--version"], f"the compiler {compiler} does not run")
