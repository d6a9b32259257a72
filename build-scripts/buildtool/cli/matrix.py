"""The command of matrix.sh: build and test targets of ci/targets.toml, and write the table."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from ..core import paths, targets
from ..core.errors import BuildError, exit_status, restore_interrupt
from ..core.targets import Target
from ..matrix import examine, profiles, record, status, table
from ..matrix.examine import FAILED, PASSED, Request
from .arguments import manual, positive

DESCRIPTION = """\
For each target: builds stock and patched in the same way; proves from inside both interpreters
that they are what ci/targets.toml says (machine, bits, byte order, alignment, options); checks the
encodings of the count, and what unguarded extensions do to it; runs the same tests of CPython's
suite with both, natively or under an emulator, and compares them case by case. Writes one line for
each target into table.md and table.json.

Exits with 1 unless every target that was asked for has run, and patched passes all that stock
passes. A run that is stopped goes on where it was when it is started again.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser; its help is the manual."""
    top = manual("matrix.sh", DESCRIPTION)
    add = top.add_argument
    add("targets", nargs="*", metavar="TARGET", help="see build.sh --list-targets")
    tiers = sorted({one.tier for one in targets.load().values()})
    add("--tier", type=int, choices=tiers, help="all targets of a tier")
    add("--all", action="store_true", help="all targets that don't need a hosted runner")
    add("--tests", default="", metavar="LIST", help="a list of ci/tests.toml instead of their own")
    add("--jobs", type=positive, default=os.cpu_count() or 1, help="files or modules at a time")
    add("--output", type=Path, metavar="DIR", help="where to keep it all (default: .build/matrix)")
    add("--again", action="store_true", help="forget the outcomes of an earlier run")
    add("--no-packages", action="store_true", help="don't install system packages: say what to run")
    add("--record", action="store_true", help="take the results into ci/, also its README")
    add("--status", action="store_true", help="say how many ran with the present series, and stop")
    add("--profiles", action="store_true", help="write the cross compilers' profiles, and stop")
    add("--github", action="store_true", help="print the chosen targets for fromJSON() and stop")
    return top


def choose(names: list[str], tier: int | None, everything: bool) -> list[Target]:
    """Return the targets that are meant; BuildError for an unknown name, and for none."""
    chosen = [targets.find(name) for name in names]
    for one in targets.load().values():
        wanted = one.tier == tier or (everything and one.runner != "hosted")
        if wanted and one not in chosen:
            chosen.append(one)
    if not chosen:
        raise BuildError("no target; name some, or give --tier or --all")
    return chosen


def github(chosen: list[Target]) -> str:
    """Return the workflow's matrix: a JSON object in one line."""
    include = [
        {"target": one.name, "hosted": one.hosted, "arch": one.arch, "runner": one.runner}
        for one in chosen
    ]
    return json.dumps({"include": include})


def main(arguments: list[str] | None = None) -> None:
    """Run the command; BuildError unless all went well."""
    restore_interrupt()
    options = parser().parse_args(arguments)
    folder = (options.output or paths.output() / "matrix").absolute()
    if options.profiles:
        profiles.write()
        return
    if options.status:
        print("\n".join(status.lines(status.kept(folder))))
        return
    if options.record and not (options.targets or options.tier or options.all):
        record.record(folder)
        return
    chosen = choose(options.targets, options.tier, options.all)
    if options.github:
        print(github(chosen))
        return
    request = Request(
        folder, options.jobs, options.tests, options.again, may_install=not options.no_packages
    )
    results = []
    for number, target in enumerate(chosen, 1):
        print(f"== [{number}/{len(chosen)}] {target.name}", flush=True)
        start = time.monotonic()
        result = examine.run(target, request)
        examine.keep(result, folder)
        results.append(result)
        _write_table(folder)
        print(f"== {': '.join(table.row(result)[:2])}, {_minutes(start)}", flush=True)
    bad = [one for one in results if one.state != PASSED]
    if options.record:
        record.record(folder)
    print("\n".join(table.lines(results)))
    print(f"table: {folder / 'table.md'}")
    if bad:
        failed = sum(one.state == FAILED for one in bad)
        raise BuildError(
            f"{failed} of {len(results)} targets failed, {len(bad) - failed} did not run: "
            f"{', '.join(one.target for one in bad)}; see {folder / 'table.md'}"
        )


def _write_table(folder: Path) -> None:
    """Write the table of all targets: with those that this run hasn't come to as not run."""
    kept = [examine.load(target, folder) for target in targets.load().values()]
    table.write(folder, kept)


def _minutes(start: float) -> str:
    minutes, seconds = divmod(int(time.monotonic() - start), 60)
    return f"{minutes}:{seconds:02}"


if __name__ == "__main__":
    sys.exit(exit_status(main))
