"""The command and the client of Docker: which one there is, and what it can do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache

from docker.errors import DockerException

import docker

from ..errors import BuildError

# The last client that has BuildKit without the plugin buildx.
LAST_WITHOUT_PLUGIN = 22


@cache
def command(plugin: bool = False) -> str:
    """Return a docker command that builds with BuildKit, by the plugin buildx if *plugin*.

    That is the first one in PATH that does. Raises BuildError if there is none.
    """
    for folder in os.get_exec_path():
        program = shutil.which("docker", path=folder)
        if program is None:
            continue
        if _output(program, "buildx", "version"):
            return program
        version = re.search(r"version (\d+)\.", _output(program, "--version"))
        if version and int(version[1]) <= LAST_WITHOUT_PLUGIN and not plugin:
            return program
    what = "has buildx" if plugin else "builds with BuildKit"
    raise BuildError(f"no docker command here {what}; install docker.io, or docker-buildx")


def has_compose() -> bool:
    """Tell whether the docker command has the compose plugin."""
    return bool(_output(command(), "compose", "version"))


def build(arguments: Sequence[str]) -> None:
    """Run `docker build` with *arguments*; its output is for the user. Raises BuildError."""
    program = command()
    run([program, "build", "--progress=plain", *arguments], "the image can't be built")


def run(line: Sequence[str], problem: str) -> None:
    """Run the docker command *line*; BuildError, which begins with *problem*, if it fails."""
    ran = subprocess.run(line, env={**os.environ, "DOCKER_BUILDKIT": "1"}, check=False)
    if ran.returncode:
        raise BuildError(f"{problem}; see the lines above")


def client() -> docker.DockerClient:
    """Return the client of the engine that DOCKER_HOST names; BuildError if none answers."""
    try:
        found = docker.from_env()
        found.ping()
    except DockerException as error:
        raise BuildError(
            f"no Docker engine answers; start dockerd, or set DOCKER_HOST: {error}"
        ) from error
    return found


def _output(*line: str) -> str:
    """Return what a command prints, nothing if it fails."""
    ran = subprocess.run(line, capture_output=True, text=True, check=False)
    return ran.stdout if ran.returncode == 0 else ""
