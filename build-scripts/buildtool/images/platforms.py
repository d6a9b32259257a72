"""Docker's names of platforms, and which target of ci/targets.toml is for each.

The builder stage of docker/runtime/Dockerfile asks it by `python3 -m buildtool.images.platforms`,
on Debian's plain python3.
"""

from __future__ import annotations

import argparse
import sys

from ..core import targets
from ..core.errors import BuildError, exit_status
from ..core.targets import Target

NATIVE = "linux/amd64"  # what the builder stage runs on
# The names under which the official images of one architecture alone are published (see
# https://github.com/docker-library/official-images#architectures-other-than-amd64), where they are
# others than Docker's, which follow "linux/".
PUBLISHED = {"386": "i386", "arm64": "arm64v8", "arm/v7": "arm32v7"}


def runtime() -> dict[str, Target]:
    """Return the targets that a runtime image is made for, by platform, the native one first."""
    return {one.platform: one for one in targets.load().values() if one.platform}


def target(platform: str) -> Target:
    """Return the target of *platform*; BuildError if no runtime image is made for it."""
    known = runtime()
    if platform not in known:
        raise BuildError(f"no runtime image for {platform}; there are {', '.join(known)}")
    return known[platform]


def architecture(platform: str) -> str:
    """Return Docker's name of the architecture: what follows the system's."""
    return platform.partition("/")[2]


def debian(platform: str) -> str:
    """Return Debian's name of the architecture: ci/machines.toml has it of all but the native."""
    row = targets.machines()["Linux"][target(platform).arch]
    return str(row.get("sysroot", architecture(platform)))


def base(platform: str, release: str) -> str:
    """Return the official image of Debian's *release* for one platform: s390x/debian:sid-slim."""
    name = architecture(platform)
    return f"{PUBLISHED.get(name, name)}/debian:{release}-slim"


def main() -> None:
    """Run the command; BuildError for a platform that there is no image for."""
    parser = argparse.ArgumentParser(description="Print the target of a platform.")
    parser.add_argument("platform", help="linux/amd64, for example")
    print(target(parser.parse_args().platform).name)


if __name__ == "__main__":
    sys.exit(exit_status(main))
