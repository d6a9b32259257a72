"""The demonstration of docker/demo/compose.yaml, by the compose plugin."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from docker.errors import ImageNotFound

from ..core import paths
from ..core.errors import BuildError
from ..core.kinds import Kind
from . import engine, images

FILE = paths.ROOT / "docker" / "demo" / "compose.yaml"


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


def run(wanted: Demo) -> Path:
    """Run the demonstration; return its report.

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
    _compose(wanted)
    report = wanted.output / "report.md"
    if not report.exists():
        raise BuildError("the demonstration gave no report; see the lines above")
    return report


def _compose(wanted: Demo) -> None:
    """Run it by the compose plugin; BuildError if that fails."""
    os.environ.update(wanted.environment())
    line = [*engine.plugin("compose"), "-f", str(FILE)]
    try:
        engine.run([*line, "build"], "the demonstration's images can't be built")
        # Which starts the others first, as they depend on each other.
        engine.run([*line, "run", "--rm", "report"], "the demonstration failed")
    finally:
        engine.run([*line, "down"], "the demonstration's containers can't be removed")
