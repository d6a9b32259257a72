"""The command of series.sh: keeps the patch series."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..core import paths, versions
from ..core.errors import BuildError, exit_status
from ..interpreter import build
from ..series import prefixes, repository, rules
from ..series.base import make_base
from ..series.repository import Base
from .arguments import manual, positive

DESCRIPTION = """\
Keeps a patch series, a folder in patches/: the file `series` lists the patches in order, each is
one commit as git format-patch prints it, in a form that stays the same from export to export.

  series.sh import ../work       a git repository: pristine source (tag `pristine`), one commit
                                 a patch (branch `series`)
  cd ../work; git rebase -i pristine; ...
  series.sh export ../work       the commits become the series again

While it is a commit, a patch keeps its file name in a line `Patch-File: NAME` of the message; a
new commit is named after its subject. New patches join the group of the patch before them.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser; its help is the manual."""
    top = manual("series.sh", DESCRIPTION, rules.RULES)
    known = versions.all_series(versions.conan_data())
    top.add_argument(
        "--series",
        choices=known,
        default=versions.series(versions.conan_data(), versions.default()),
        help="which of patches/ (default: %(default)s)",
    )
    top.add_argument(
        "--patches", type=Path, metavar="DIR", help="a folder of the series' patches elsewhere"
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser("import", help="make a git repository of the series")
    command.add_argument("dir", type=Path, metavar="DIR", help="the repository; must not exist")
    command.add_argument("--version", help="the source (default: what the series is made on)")
    command.add_argument(
        "--base",
        choices=("upstream", "debian"),
        default="upstream",
        help="debian: with Debian's own patches under ours (default: %(default)s)",
    )

    command = commands.add_parser("export", help="write a repository's commits to the series")
    command.add_argument("dir", type=Path, metavar="DIR", help="a repository made by import")

    commands.add_parser(
        "check",
        help="check the rules below, in seconds; a line for each failure",
        epilog=rules.RULES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    command = commands.add_parser(
        "prefixes",
        help="build each prefix of the series and run its tests (hours)",
        description="Builds the source with the first patch, with the first two, and so on, in "
        "one tree, and runs the tests that the newest patch names. What passed is kept, so that "
        "a second run goes on where the first stopped.",
    )
    command.add_argument(
        "--jobs", type=positive, default=build.default_jobs(), help="of make and of the tests"
    )
    command.add_argument("--debug", action="store_true", help="configure --with-pydebug")
    command.add_argument(
        "--dir",
        type=Path,
        default=paths.output() / "prefixes",
        help="where to build (default: .build/prefixes)",
    )
    command.add_argument("--again", action="store_true", help="forget what passed before")

    command = commands.add_parser(
        "rebase-check",
        help="apply the series to other versions of the source",
        description="Says for each version whether the series applies, where it has to be given "
        "less than three lines of context, and what is rejected. Exits with 1 for a reject and "
        "for a source that can't be had.",
    )
    command.add_argument(
        "versions",
        nargs="*",
        metavar="VERSION",
        help="as in conandata.yml; `debian` has Debian's patches (default: all of the series)",
    )
    return top


def bases(series: str) -> list[str]:
    """Return the versions that take *series*, and `debian` where Debian has patches for one."""
    data = versions.conan_data()
    found = versions.with_series(data, series)
    return [*found, *(["debian"] if set(found) & set(data["debian"]) else [])]


def base_of(name: str) -> Base:
    """Return the source *name*, one of bases(); BuildError for a file that can't be had."""
    if name == "debian":
        return make_base(next(iter(versions.conan_data()["debian"])), "debian")
    return make_base(name)


def check(folder: Path, version: str) -> None:
    """Print what is wrong with the series, a line each; BuildError if anything is."""
    found = rules.problems(folder, make_base(version))
    for line in found:
        print(line)
    if found:
        raise BuildError(f"{folder} breaks the rules in {len(found)} places; see series.sh --help")
    print(f"{folder}: {len(repository.read_patches(folder))} patches, all well")


def rebase_check(folder: Path, names: Sequence[str]) -> None:
    """Print a line for each version; BuildError for a reject or a missing source."""
    patches = repository.read_patches(folder)
    failed = []
    for name in names:
        try:
            base = base_of(name)
        except BuildError as error:
            print(f"{name}: not checked: {error}")
            failed.append(name)
            continue
        reduced, rejects = rules.rebase(base, patches)
        for line in rejects:
            print(f"{name}: {line}")
        if rejects:
            failed.append(name)
        else:
            with_less = f", with less context: {' '.join(reduced)}" if reduced else ""
            print(f"{name}: all {len(patches)} patches apply{with_less}")
    if failed:
        raise BuildError(f"the series is not known to apply to {', '.join(failed)}; see above")


def main(arguments: list[str] | None = None) -> None:
    """Run the command; BuildError for what the user can act on."""
    options = parser().parse_args(arguments)
    folder = (options.patches or paths.series_folder(options.series)).absolute()
    version = versions.base(versions.conan_data(), options.series)
    match options.command:
        case "import":
            patches = repository.read_patches(folder)
            base = make_base(options.version or version, options.base)
            repository.import_series(base, patches, options.dir.absolute())
            print(f"{options.dir}: {base.title} and {len(patches)} patches")
        case "export":
            patches = repository.export(options.dir.absolute())
            repository.write(patches, folder)
            print(f"{folder}: {len(patches)} patches")
        case "check":
            check(folder, version)
        case "prefixes":
            prefixes.build_all(
                make_base(version),
                repository.read_patches(folder),
                options.dir.absolute(),
                prefixes.Plan(options.jobs, options.debug, options.again),
            )
        case "rebase-check":
            rebase_check(folder, options.versions or bases(options.series))


if __name__ == "__main__":
    sys.exit(exit_status(main))
