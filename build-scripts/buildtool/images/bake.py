"""What docker/docker-bake.hcl takes from other files of the project, and how bake is run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence

from ..core import paths, versions
from ..core.kinds import Kind
from . import base, engine, images, labels, platforms

FILE = paths.ROOT / "docker" / "targets.json"
DOCKERFILE = paths.ROOT / "docker" / "runtime" / "Dockerfile"


def text() -> str:
    """Return what docker/targets.json has to be: variables of docker-bake.hcl, and packages."""
    python = versions.Python(versions.default())
    values = {
        "VERSION": python.version,
        "MINOR": python.minor,
        "RELEASES": list(base.RELEASES),
        "PLATFORMS": list(platforms.runtime()),
        # For the builder stage of docker/runtime/Dockerfile.
        "PACKAGES": {name: one.packages for name, one in platforms.runtime().items()},
        "TOOLCHAINS": {
            image: [one.name for one in images.contents(image)] for image in images.TOOLCHAINS
        },
    }
    variables = {name: {"default": value} for name, value in values.items()}
    return json.dumps({"variable": variables}, indent=2) + "\n"


def dockerfile() -> str:
    """Return what docker/runtime/Dockerfile has to be: with the version that is the default."""
    return re.sub(
        r"^ARG VERSION=.*", f"ARG VERSION={versions.default()}", DOCKERFILE.read_text(), flags=re.M
    )


def write() -> None:
    """Write both files anew."""
    FILE.write_text(text())
    DOCKERFILE.write_text(dockerfile())


def environment() -> dict[str, str]:
    """Return the variables of docker-bake.hcl that change: with the series, source and machine."""
    version = versions.default()
    found: dict[str, str] = {}
    for kind in Kind:
        for name, value in labels.checksums(kind, version).items():
            found[name if name.startswith("SOURCE") else f"{kind.upper()}_{name}"] = value
    return found | images.certificates()


def run(given: Sequence[str]) -> None:
    """Run `docker buildx bake` with the arguments *given*; raises BuildError."""
    files = ["-f", "docker/docker-bake.hcl", "-f", str(FILE.relative_to(paths.ROOT))]
    command = [*engine.plugin("buildx"), "bake"]
    os.environ.update(environment())
    engine.run([*command, *files, *given], "bake failed")
