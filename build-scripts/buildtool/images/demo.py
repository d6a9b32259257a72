"""The demonstration of docker/demo/compose.yaml, by the compose plugin or without it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from docker.errors import DockerException, ImageNotFound
from docker.models.containers import Container

import docker

from ..core import paths, process
from ..core.errors import BuildError
from ..core.kinds import Kind
from . import engine, images

FILE = paths.ROOT / "docker" / "demo" / "compose.yaml"
# What waits for another service to end well, and what only for its start.
COMPLETED, STARTED = "service_completed_successfully", "service_started"


@dataclass(frozen=True)
class Demo:
    """Which images, how many workers, how many requests to each at least, and how many products.

    The report and the raw figures go to *output*.
    """

    release: str
    workers: int
    requests: int
    output: Path
    products: int = 100_000

    def environment(self) -> dict[str, str]:
        """Return the variables of compose.yaml."""
        found = {
            "DEBIAN": self.release,
            "WORKERS": str(self.workers),
            "REQUESTS": str(self.requests),
            "OUTPUT": str(self.output),
            "PRODUCTS": str(self.products),
        }
        return found | images.certificates()


def run(wanted: Demo, *, compose: bool) -> Path:
    """Run the demonstration, by the *compose* plugin or without it; return its report.

    Raises BuildError unless all of it went well.
    """
    client = engine.client()
    for kind in Kind:
        _, name = images.runtime_tags(wanted.release, kind)
        try:
            client.images.get(name)
        except ImageNotFound:
            raise BuildError(
                f"there is no image {name}; run docker.sh runtime --kind {kind} "
                f"--release {wanted.release}"
            ) from None
    wanted.output.mkdir(parents=True, exist_ok=True)
    for name in ("stock.json", "patched.json", "report.md", "chart.svg"):
        (wanted.output / name).unlink(missing_ok=True)
    if compose:
        with_plugin(wanted)
    else:
        Services(client, read(wanted.environment())).run()
    report = wanted.output / "report.md"
    if not report.exists():
        raise BuildError("the demonstration gave no report; see the lines above")
    return report


def with_plugin(wanted: Demo) -> None:
    """Run it by the compose plugin; BuildError if that fails."""
    os.environ.update(wanted.environment())
    line = [*engine.plugin("compose"), "-f", str(FILE)]
    try:
        engine.run([*line, "build"], "the demonstration's images can't be built")
        # Which starts the others first, as they depend on each other.
        engine.run([*line, "run", "--rm", "report"], "the demonstration failed")
    finally:
        engine.run([*line, "down"], "the demonstration's containers can't be removed")


def read(environment: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return the services of compose.yaml, with `${NAME:-default}` filled in."""

    def value(match: re.Match[str]) -> str:
        return environment.get(match[1]) or match[2]

    text = re.sub(r"\$\{(\w+):-([^}]*)\}", value, FILE.read_text())
    services: dict[str, dict[str, Any]] = yaml.safe_load(text)["services"]
    return services


class Services:
    """What the compose plugin does, as far as compose.yaml asks for it.

    *services* are those of the file, by their names, in an order in which each one comes after
    those that it depends on.
    """

    def __init__(self, client: docker.DockerClient, services: dict[str, dict[str, Any]]) -> None:
        self._client = client
        self._services = services
        self._running: dict[str, Container] = {}

    def run(self) -> None:
        """Build the images, and run all services until the last one has ended.

        Removes the containers afterwards. Raises BuildError if a service fails that another one,
        or the user, waits for.
        """
        for service in self._services.values():
            if "build" in service:
                self._build(service)
        try:
            for name, service in self._services.items():
                for other, how in service.get("depends_on", {}).items():
                    if how["condition"] == COMPLETED:
                        self._finish(other)
                self._start(name, service)
            self._finish(name)
        except DockerException as error:
            raise BuildError(f"the engine refuses service {name}: {error}") from error
        finally:
            for container in self._running.values():
                container.remove(force=True, v=True)

    def _build(self, service: dict[str, Any]) -> None:
        made = service["build"]
        context = (FILE.parent / made["context"]).resolve()
        values = [f"--build-arg={name}={value}" for name, value in made["args"].items()]
        file = str(context / made["dockerfile"])
        engine.build(["-f", file, *values, *images.secret(), "-t", service["image"], str(context)])

    def _start(self, name: str, service: dict[str, Any]) -> None:
        volumes = [f"{Path(one).absolute()}:{place}" for one, place in _volumes(service)]
        self._running[name] = self._client.containers.run(
            service["image"],
            service.get("command"),
            detach=True,
            environment=service.get("environment"),
            volumes=volumes,
            pid_mode=self._other(service.get("pid")),
            network_mode=self._other(service.get("network_mode")),
        )

    def _other(self, mode: str | None) -> str | None:
        """Return "service:NAME" in the words of the engine: "container:ID"."""
        if mode is None:
            return None
        return f"container:{self._running[mode.partition(':')[2]].id}"

    def _finish(self, name: str) -> None:
        """Wait for a service to end; show what it says. BuildError if it failed."""
        said = ""
        for part in self._running[name].logs(stream=True, follow=True):
            text = part.decode(errors="replace")
            print(text, end="", flush=True)
            said += text
        status = self._running[name].wait()["StatusCode"]
        if status:
            for other in self._running.values():
                print(other.logs(tail=20).decode(errors="replace"), end="")
            reason = process.last_line(said, "it gives no reason")
            raise BuildError(f"service {name} ended with status {status}: {reason}")


def _volumes(service: dict[str, Any]) -> list[tuple[str, str]]:
    pairs = [str(one).rpartition(":") for one in service.get("volumes", [])]
    return [(source, place) for source, _, place in pairs]
