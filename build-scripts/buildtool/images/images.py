"""Which images there are, what they are called, and what each is built with."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from ..core import paths, targets, versions
from ..core.errors import BuildError
from ..core.kinds import Kind
from ..core.targets import Target
from . import engine, labels, platforms

NAME = "cpython-immortal"
FOLDER = "docker"
TOOLCHAINS = ("gcc-cross", "clang", "windows")
# Where networks that sign anew what comes from outside have their certificates, by the variables
# that pip and OpenSSL read.
CERTIFICATES = ("PIP_CERT", "SSL_CERT_FILE")


def toolchain(target: Target) -> str:
    """Return the toolchain image that *target* is built in; BuildError if it's built in none."""
    if target.runner == "hosted":
        raise BuildError(f"{target.name} is built on a hosted runner only ({target.hosted})")
    if target.system == "Windows":
        return "windows"
    return "clang" if target.compiler.startswith("clang") else "gcc-cross"


def contents(image: str) -> list[Target]:
    """Return the targets of a toolchain image, in the order of ci/targets.toml."""
    every = [one for one in targets.load().values() if one.runner != "hosted"]
    return [one for one in every if toolchain(one) == image]


def packages(image: str) -> list[str]:
    """Return the Debian packages of the compilers and emulators of a toolchain image."""
    return sorted({package for one in contents(image) for package in one.packages})


def runtime_tags(release: str, kind: Kind, nonroot: bool = False) -> tuple[str, str]:
    """Return the names of a runtime image, with the minor version and without.

    They are made in the way of python:3-slim-bookworm and python:slim-bookworm.
    """
    parts = ["slim", release, *([] if kind.immortal else [str(kind)])]
    name = "-".join([*parts, *(["nonroot"] if nonroot else [])])
    return f"{NAME}:{versions.Python(versions.default()).minor}-{name}", f"{NAME}:{name}"


def build_runtime(
    release: str,
    kind: Kind,
    *,
    platform: str = platforms.NATIVE,
    nonroot: bool = False,
    options: str | None = None,
    base: str = "",
    tag: str = "",
) -> str:
    """Build a runtime image, and return its name; BuildError if that can't be done.

    *options* are those of build.sh, the Dockerfile's own if None.
    """
    platforms.target(platform)
    version = versions.default()
    values = {"DEBIAN": release, "KIND": str(kind), "VERSION": version}
    values |= labels.checksums(kind, version)
    if options is not None:
        values |= {"OPTIONS": options, "CROSS_OPTIONS": options}
    if base:
        values["BASE"] = base
    tags = [tag] if tag else [*runtime_tags(release, kind, nonroot)]
    target = "nonroot" if nonroot else "runtime"
    line = [f"--platform={platform}", f"--target={target}", "-f", f"{FOLDER}/runtime/Dockerfile"]
    engine.build([*line, *_flags(values), *(f"--tag={name}" for name in tags), "."])
    return tags[0]


def build_toolchain(image: str) -> str:
    """Build a toolchain image, and return its name; BuildError if that can't be done."""
    tag = f"{NAME}-{image}"
    line = ["-f", f"{FOLDER}/toolchain/Dockerfile", *_flags({"IMAGE": image}), "-t", tag, "."]
    engine.build(line)
    return tag


def seed(release: str) -> None:
    """Let builds on the engine find this machine's sources and compiled objects; BuildError.

    ccache takes an object for one of the same compiler, which it knows by its time and size: on the
    same release of Debian, both machines have it from the same package.
    """
    paths.cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=paths.cache(), prefix="seed-") as folder:
        for name in ("sources", "ccache"):
            if (paths.cache() / name).is_dir():
                ignored = shutil.ignore_patterns("tmp", "*.lock", "stats")
                place = Path(folder, name)
                shutil.copytree(paths.cache() / name, place, copy_function=os.link, ignore=ignored)
        values = {"DEBIAN": release, "NOW": str(time.time())}
        engine.build(["-f", f"{FOLDER}/seed/Dockerfile", *_flags(values), folder])


def certificates() -> dict[str, str]:
    """Return the machine's own certificates, if it has some, as the files of ours name them."""
    for name in CERTIFICATES:
        if (path := os.environ.get(name)) and Path(path).is_file():
            return {"PIP_CERT": path}
    return {}


def secret() -> list[str]:
    """Return the option that lends the machine's own certificates to a build, if it has some."""
    return [f"--secret=id=ca,src={path}" for path in certificates().values()]


def _flags(values: dict[str, str]) -> list[str]:
    return [*(f"--build-arg={name}={value}" for name, value in values.items()), *secret()]
