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

from ..core.errors import BuildError
from . import plugins

# The last client that has BuildKit without the plugin buildx.
LAST_WITHOUT_PLUGIN = 22


@cache
def builder() -> list[str]:
    """Return the words of a command that is followed by "build", and builds with BuildKit.

    That is the first docker command in PATH that does, or else buildx alone. Raises BuildError.
    """
    for program in _commands():
        version = re.search(r"version (\d+)\.", _output(program, "--version"))
        if version and int(version[1]) <= LAST_WITHOUT_PLUGIN:
            return [program]
        if _output(program, "buildx", "version"):
            return [program, "buildx"]
    return plugin("buildx")


@cache
def plugin(name: str) -> list[str]:
    """Return the words that call a plugin, "buildx" or "compose".

    That is the one of the first docker command in PATH that has it, or else Debian's, which works
    alone; fetched unless it is there. Raises BuildError.
    """
    for program in _commands():
        if _output(program, name, "version"):
            return [program, name]
    try:
        return [str(plugins.plugin(name))]
    except BuildError as error:
        raise BuildError(
            f"no docker command here has {name}, which Debian's package {plugins.PLUGINS[name]} "
            f"brings, or Docker's own docker-{name}-plugin: {error}"
        ) from error


def _commands() -> list[str]:
    """Return every docker command in PATH."""
    found = (shutil.which("docker", path=folder) for folder in os.get_exec_path())
    return [program for program in found if program]


def build(arguments: Sequence[str]) -> None:
    """Run `docker build` with *arguments*; its output is for the user. Raises BuildError."""
    run([*builder(), "build", "--progress=plain", *arguments], "the image can't be built")


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
