"""The command of series.sh: keeps the patch series."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import yaml

from . import build, paths, prefixes, seriescheck, seriesgit
from .errors import BuildError, exit_status
from .seriesbase import make_base

DESCRIPTION = """\
Keeps the patch series, patches/3.11/: the file `series` lists the patches in order, each is one
commit as git format-patch prints it, in a form that does not change from one export to the next.

  series.sh import ../work       a git repository: pristine source (tag `pristine`), one commit
                                 a patch (branch `series`)
  cd ../work; git rebase -i pristine; ...
  series.sh export ../work       the commits become patches/3.11/ again

While it is a commit, a patch keeps its file name in a line `Patch-File: NAME` of the message; a
new commit is named after its subject. New patches join the group of the patch before them.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser; its help is the manual."""
    top = argparse.ArgumentParser(
        prog="series.sh",
        description=DESCRIPTION,
        epilog=seriescheck.RULES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument(
        "--patches",
        type=Path,
        metavar="DIR",
        default=paths.ROOT / "patches" / "3.11",
        help="the series' folder (default: patches/3.11)",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser("import", help="make a git repository of the series")
    command.add_argument("dir", type=Path, metavar="DIR", help="the repository; must not exist")
    command.add_argument("--version", default="3.11.2", help="the source (default: %(default)s)")
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
        epilog=seriescheck.RULES,
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
        "--jobs", type=int, default=build.default_jobs(), help="of make and of the tests"
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
        help="as in conandata.yml; `debian` is 3.11.2 with Debian's patches (default: all)",
    )
    return top


def versions() -> list[str]:
    """Return the versions of conandata.yml, and `debian`."""
    data = yaml.safe_load((paths.ROOT / "conandata.yml").read_text(encoding="utf-8"))
    return [*data["sources"], "debian"]


def check(folder: Path) -> None:
    """Print what is wrong with the series, a line each; BuildError if anything is."""
    found = seriescheck.problems(folder, make_base("3.11.2"))
    for line in found:
        print(line)
    if found:
        raise BuildError(f"{folder} breaks the rules in {len(found)} places; see series.sh --help")
    print(f"{folder}: {len(seriesgit.read_patches(folder))} patches, all well")


def rebase_check(folder: Path, names: list[str]) -> None:
    """Print a line for each version; BuildError for a reject or a missing source."""
    patches = seriesgit.read_patches(folder)
    failed = []
    for name in names or versions():
        try:
            base = make_base("3.11.2", "debian") if name == "debian" else make_base(name)
        except BuildError as error:
            print(f"{name}: not checked: {error}")
            failed.append(name)
            continue
        reduced, rejects = seriescheck.rebase(base, patches)
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
    folder = options.patches.absolute()
    match options.command:
        case "import":
            patches = seriesgit.read_patches(folder)
            base = make_base(options.version, options.base)
            seriesgit.import_series(base, patches, options.dir.absolute())
            print(f"{options.dir}: {base.title} and {len(patches)} patches")
        case "export":
            patches = seriesgit.export(options.dir.absolute())
            seriesgit.write(patches, folder)
            print(f"{folder}: {len(patches)} patches")
        case "check":
            check(folder)
        case "prefixes":
            prefixes.build_all(
                make_base("3.11.2"),
                seriesgit.read_patches(folder),
                options.dir.absolute(),
                prefixes.Plan(options.jobs, options.debug, options.again),
            )
        case "rebase-check":
            rebase_check(folder, options.versions)


if __name__ == "__main__":
    sys.exit(exit_status(main))
