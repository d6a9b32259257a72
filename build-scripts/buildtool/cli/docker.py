"""The command of docker.sh: base images, images of ours, and the demonstration."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..core import paths, versions
from ..core.errors import BuildError, exit_status, restore_interrupt
from ..core.kinds import Kind
from ..images import bake, base, demo, engine, images, labels, platforms, trim
from .arguments import manual, positive

DESCRIPTION = """\
Builds images with the docker command, on the engine that DOCKER_HOST names (this machine's by
default). Single images need engine 20.10 or later; images of several platforms under one name need
25 or later with containerd's image store, or a builder of BuildKit. Where no docker command has the
plugin buildx, which bake needs, or compose, which the demonstration needs, Debian's is fetched
into the cache.
"""


def _base(options: argparse.Namespace) -> None:
    client = engine.client()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "image.tar")
        tags = base.archive(options.release, options.platform or [platforms.NATIVE], file)
        base.load(client, file, tags)
    print("\n".join(tags))


def _runtime(options: argparse.Namespace) -> None:
    tag = images.build_runtime(
        options.release,
        options.kind,
        platform=options.platform,
        nonroot=options.nonroot,
        options=options.options,
        base=options.base,
        tag=options.tag,
    )
    print(tag)


def _seed(options: argparse.Namespace) -> None:
    images.seed(options.release)


def _toolchain(options: argparse.Namespace) -> None:
    for image in options.image or images.TOOLCHAINS:
        if image not in images.TOOLCHAINS:
            raise BuildError(f"no image {image}; there are {', '.join(images.TOOLCHAINS)}")
    for image in options.image or images.TOOLCHAINS:
        print(images.build_toolchain(image))


def _bake(options: argparse.Namespace) -> None:
    if {"-h", "--help"} & set(options.arguments):
        options.parser.print_help()
        return
    bake.run(options.arguments)


def _targets(options: argparse.Namespace) -> None:
    bake.write()


def _demo(options: argparse.Namespace) -> None:
    wanted = demo.Demo(
        options.release,
        options.workers,
        options.requests,
        options.output.absolute(),
        options.products,
    )
    report = demo.run(wanted)
    print(f"{report.read_text()}\nreport: {report}")


def _packages(options: argparse.Namespace) -> None:
    print(" ".join(images.packages(options.image)))


def _trim(options: argparse.Namespace) -> None:
    trim.trim(options.prefix, platforms.target(options.platform))


def _verify(options: argparse.Namespace) -> None:
    given = {"SERIES_SHA256": options.series, "SOURCE_SHA256": options.source}
    labels.verify(options.kind, options.version, given)


def parser() -> argparse.ArgumentParser:
    """Return the parser; its help is the manual."""
    top = manual("docker.sh", DESCRIPTION)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: object, text: str, **options: Any) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text, **options)
        made.set_defaults(function=function, parser=made)
        return made

    one = command(
        "base",
        _base,
        "make debian:RELEASE-slim from Debian's packages, where no registry "
        "can be reached; as root, with mmdebstrap",
    )
    _add_release(one)
    one.add_argument(
        "--platform",
        action="append",
        choices=list(platforms.runtime()),
        help=f"again for several under one name (default: {platforms.NATIVE})",
    )

    one = command("runtime", _runtime, "build an image to use as python:3-slim is used")
    _add_release(one)
    one.add_argument(
        "--kind",
        type=Kind,
        choices=list(Kind),
        default=Kind.PATCHED,
        help="with the series, or stock in the same way (default: %(default)s)",
    )
    one.add_argument("--nonroot", action="store_true", help="its user is python, not root")
    one.add_argument(
        "--platform",
        choices=list(platforms.runtime()),
        default=platforms.NATIVE,
        help="default: %(default)s",
    )
    one.add_argument(
        "--base",
        default="",
        metavar="IMAGE",
        help="what it stands on (default: debian:RELEASE-slim)",
    )
    one.add_argument(
        "--options",
        metavar="OPTIONS",
        help='what build.sh is told (default: "--pgo --lto", not in a cross build)',
    )
    one.add_argument(
        "--tag",
        default="",
        metavar="NAME",
        help=f"default: like {images.runtime_tags('bookworm', Kind.PATCHED)[0]}",
    )

    one = command(
        "seed", _seed, "let builds on the engine find this machine's sources and compiled objects"
    )
    _add_release(one)

    one = command(
        "toolchain", _toolchain, "build images in which matrix.sh finds all that it needs"
    )
    one.add_argument(
        "image",
        nargs="*",
        metavar="IMAGE",
        help=f"{', '.join(images.TOOLCHAINS)} (default: all)",
    )

    one = command(
        "bake",
        _bake,
        "build any or all images with docker buildx bake: docker/docker-bake.hcl says which",
        prefix_chars="+",  # so that what begins with "-" is an argument for bake
    )
    one.add_argument(
        "arguments",
        nargs="*",
        metavar="ARGUMENT",
        help="of docker buildx bake: targets, --print, --push, --builder NAME, ...",
    )

    command(
        "targets",
        _targets,
        "write docker's copies of versions and targets anew",
    )

    one = command(
        "demo",
        _demo,
        "load Django behind gunicorn on stock and patched, and report the memory of the workers",
    )
    _add_release(one)
    one.add_argument("--workers", type=positive, default=8, help="default: %(default)s")
    one.add_argument(
        "--requests",
        type=positive,
        default=2000,
        help="that each worker answers at least (default: %(default)s)",
    )
    one.add_argument(
        "--products",
        type=positive,
        default=100_000,
        help="that the application has in memory (default: %(default)s)",
    )
    one.add_argument(
        "--output",
        type=Path,
        default=paths.output() / "demo",
        metavar="DIR",
        help="where the report goes (default: .build/demo)",
    )

    one = command("packages", _packages, "print the Debian packages of a toolchain image")
    one.add_argument("image", choices=images.TOOLCHAINS)

    one = command("trim", _trim, "leave out of an installation what an image has no use for")
    one.add_argument("prefix", type=Path, metavar="DIR")
    one.add_argument("--platform", required=True)

    one = command("verify", _verify, "compare checksums with what is here")
    one.add_argument("--kind", type=Kind, choices=list(Kind), required=True)
    one.add_argument("--version", default=versions.default())
    one.add_argument("--series", default="", metavar="SHA256")
    one.add_argument("--source", default="", metavar="SHA256")
    return top


def _add_release(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--release",
        choices=base.RELEASES,
        default=base.RELEASES[0],
        help="of Debian (default: %(default)s)",
    )


def main() -> None:
    """Run the command; BuildError if it can't be done."""
    restore_interrupt()
    options = parser().parse_args()
    os.chdir(paths.ROOT)
    options.function(options)


if __name__ == "__main__":
    sys.exit(exit_status(main))
