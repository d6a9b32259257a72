"""The command of release.sh: what is published of an installation, and whether it is the same."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from ..core import paths, targets
from ..core.errors import BuildError, exit_status
from ..interpreter import build
from ..interpreter.configuration import Configuration
from ..release import archive, bom, compare, debian, downloads, names, pyenv, twice
from .arguments import positive

DESCRIPTION = """\
Makes what is published of a patched interpreter that build.sh has built. The time of all that is
made is SOURCE_DATE_EPOCH or the commit's, so that it is the same whenever it is made.
"""

COMMANDS = {
    "archive": "write the archive of an installation, its SHA-256, and the list of what it is made "
    "from (CycloneDX), with names and layout of python-build-standalone's",
    "downloads": "write the list by which `uv python install` takes the archives in --output",
    "pyenv": "write the definitions by which python-build takes the archives in --output",
    "deb": "write a Debian package, which installs into a folder of its own under /opt",
    "targets": "print the targets that archives are made for, as a workflow's matrix",
    "compare": "say what differs between two installations",
    "check": "build the commit of this checkout twice, and say what differs",
}


def parser() -> argparse.ArgumentParser:
    """Return the parser; its help is the manual."""
    top = argparse.ArgumentParser(prog="release.sh", description=DESCRIPTION)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    made = {
        name: commands.add_parser(name, help=text, description=text)
        for name, text in COMMANDS.items()
    }
    for name in ("archive", "deb"):
        add = made[name].add_argument
        add("--target", default=targets.DEFAULT, help="default: %(default)s")
        add("--prefix", type=Path, metavar="DIR", help="the installation; default: in .build/")
    made["archive"].add_argument(
        "--stripped", action="store_true", help="without the symbols, by which tools name functions"
    )
    for name in ("archive", "deb", "downloads", "pyenv"):
        output = paths.output() / "release"
        add = made[name].add_argument
        add("--output", type=Path, metavar="DIR", default=output, help="default: .build/release")
    for name in ("downloads", "pyenv"):
        made[name].add_argument("--url", required=True, help="of the folder with the archives")
    add = made["compare"].add_argument
    add("one", type=Path, metavar="ONE", help="a folder with an installation")
    add("other", type=Path, metavar="OTHER", help="the folder with the other")
    add = made["check"].add_argument
    add("--jobs", type=positive, default=build.default_jobs(), help="of the first build")
    add("--work", type=Path, metavar="DIR", help="an empty folder to build in, and to keep")
    add("options", nargs="*", metavar="OPTION", help="after --, options of build.sh")
    return top


def main() -> None:
    """Run the command; BuildError for what the user can act on."""
    args = parser().parse_args()
    if args.command in ("archive", "deb"):
        prefix = (args.prefix or paths.output() / Configuration(args.target).name).absolute()
        _publish(args, prefix, names.installation(prefix, args.target))
    elif args.command == "downloads":
        path = args.output / "downloads.json"
        downloads.write(args.output.glob(f"*{downloads.SUFFIX}"), args.url, path)
        print(path)
    elif args.command == "pyenv":
        for one in sorted(args.output.glob(f"*{downloads.SUFFIX}")):
            print(pyenv.write(one, args.url, args.output))
    elif args.command == "targets":
        print(json.dumps({"target": [one.name for one in names.published().values()]}))
    elif args.command == "compare":
        _compare(args.one, args.other)
    elif args.work:
        _check(args, args.work.absolute())
    else:
        with tempfile.TemporaryDirectory(prefix="twice-") as folder:
            _check(args, Path(folder))


def _publish(args: argparse.Namespace, prefix: Path, wanted: Configuration) -> None:
    if args.command == "deb":
        print(debian.write(prefix, wanted, args.output))
        return
    path = archive.write(prefix, wanted, args.output, args.stripped)
    print(path)
    print(archive.checksum(path))
    print(bom.write(prefix, wanted, path))


def _check(args: argparse.Namespace, folder: Path) -> None:
    one, other = twice.build(folder, args.jobs, args.options, lambda line: print(line, flush=True))
    _compare(one, other)


def _compare(one: Path, other: Path) -> None:
    for folder in (one, other):
        if not folder.is_dir():
            raise BuildError(f"{folder} is no folder; name two installations")
    found = compare.differences(one, other)
    for name, text in found[: compare.LISTED]:
        print(f"{name}: {text}")
        for line in compare.explained(one / name, other / name):
            print(f"  {line}")
    if found:
        raise BuildError(f"{len(found)} differences; those of the first files are above")
    print(f"0 differences, {sum(1 for _ in one.rglob('*'))} files and folders")


if __name__ == "__main__":
    sys.exit(exit_status(main))
