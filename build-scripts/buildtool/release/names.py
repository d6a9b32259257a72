"""The names of what is published, and its time: those of python-build-standalone, and uv's."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from ..core import paths, process, targets
from ..core.errors import BuildError
from ..install import place
from ..interpreter import inputs
from ..interpreter.configuration import Configuration


@dataclass(frozen=True)
class Platform:
    """Where it runs: the name in an archive's name, and uv's words for it."""

    triple: str
    arch: str
    libc: str


@dataclass(frozen=True)
class Release:
    """What is published: the version, the platform, and the day, as digits."""

    version: str
    tag: str
    platform: Platform

    @property
    def name(self) -> str:
        """The beginning of the names of all its files."""
        return f"cpython-{self.version}+{self.tag}-{self.platform.triple}"


def platform(target: targets.Target) -> Platform:
    """Return the platform of *target*; BuildError if there is no name for it."""
    row = targets.machines()[target.system].get(target.arch, {})
    if "release" not in row:
        raise BuildError(f"there is no archive for {target.name}; ci/machines.toml names platforms")
    triple, arch = row["release"]
    if target.compiler.startswith("musl"):
        triple = triple.replace("-gnu", "-musl")
    return Platform(triple, arch, triple.rpartition("-")[2])


def published() -> dict[str, targets.Target]:
    """Return the first target of each platform, by the platform's name: what releases are of."""
    found: dict[str, targets.Target] = {}
    for target in targets.load().values():
        if "release" in targets.machines()[target.system].get(target.arch, {}):
            found.setdefault(platform(target).triple, target)
    return found


def epoch() -> int:
    """Return the time of what is published, in seconds: SOURCE_DATE_EPOCH, or the commit's."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        problem = "this checkout's commit has no date; set SOURCE_DATE_EPOCH"
        command = ["git", "-C", str(paths.ROOT), "log", "-1", "--format=%ct"]
        given = process.run(command, problem, stdin=subprocess.DEVNULL).strip()
    if not given.isdecimal():
        raise BuildError(f"SOURCE_DATE_EPOCH is {given}, and has to be a number of seconds")
    return int(given)


def tag() -> str:
    """Return the day of what is published, as digits."""
    return time.strftime("%Y%m%d", time.gmtime(epoch()))


def installation(prefix: Path, target: str) -> Configuration:
    """Return what the installation in *prefix* is of; BuildError unless *target*'s, and patched."""
    marker = place.marker(prefix)
    if "version" not in marker:
        raise BuildError(f"{prefix} has no installation of build.sh; build one, or use --prefix")
    version, name = str(marker["version"]), str(marker["configuration"])
    for one in (Configuration(target, version), Configuration(target, version, pgo=True, lto=True)):
        if one.name == name:
            if marker.get("diffs") != inputs.patch_digests(one.series):
                raise BuildError(f"{prefix} was built of another series; run build.sh again")
            return one
    raise BuildError(
        f"{prefix} is {name}; published are patched builds of {target}, plain or by --pgo --lto"
    )


def release(wanted: Configuration) -> Release:
    """Return what is published of *wanted*."""
    return Release(wanted.version, tag(), platform(targets.find(wanted.target)))
