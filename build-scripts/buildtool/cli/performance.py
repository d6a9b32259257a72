"""The command of compare-performance.sh: patched against stock, in time or in instructions."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from ..core import paths, targets, versions
from ..core.errors import BuildError, exit_status, restore_interrupt
from ..core.kinds import Kind
from ..core.progress import Progress
from ..interpreter import build, configuration
from ..performance import instructions, machine, readme, report, results, startup, timing
from ..performance.programs import GROUPS
from .arguments import manual, positive

DESCRIPTION = """\
Measures patched against stock, both built by the recipe in the same way, and writes a folder of
results: raw JSON of pyperf, its own comparison, ratios with 95 % intervals, a summary, a chart.

Each round runs a benchmark in both interpreters, one right after the other, so that drift of the
machine hits both. A run that is stopped goes on where it was when it is started again. With
--instructions, it counts instructions with callgrind instead, which a busy machine doesn't change.
"""
EPILOG = """\
sizes: smoke takes minutes and proves nothing; short less than a quarter of an
hour, of the benchmarks in which the counts of references weigh most; standard
about an hour; rigorous many hours. Exits with 1 if anything could not be
measured or, with --instructions, if a ratio is above the recorded one.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser; its help is the manual."""
    top = manual("compare-performance.sh", DESCRIPTION, EPILOG)
    add = top.add_argument
    add("benchmarks", nargs="*", metavar="BENCHMARK", help="run these (default: the size's)")
    add("--size", choices=timing.SIZES, default="standard", help="default: %(default)s")
    add("--target", default=targets.DEFAULT, help="what to build for (default: %(default)s)")
    add(
        "--build",
        choices=("plain", "optimized"),
        help="optimized is --pgo --lto (default: optimized for the time of native targets)",
    )
    add("--results", type=Path, metavar="DIR", help="the folder (default: in .build/performance/)")
    add("--stock", type=Path, metavar="PYTHON", help="take this interpreter instead")
    add("--patched", type=Path, metavar="PYTHON", help="take this interpreter instead")
    add("--strict", action="store_true", help="refuse to measure time unless the machine is quiet")
    add("--list", action="store_true", help="list the benchmarks of the size, and stop")
    add("--instructions", action="store_true", help="count instructions instead of time")
    add(
        "--forked",
        action="store_true",
        help="run each benchmark in a child, forked from a heap that is sealed after its imports "
        "(stock: that isn't)",
    )
    add("--functions", type=int, default=0, metavar="N", help="name N that take more instructions")
    add("--jobs", type=positive, default=build.default_jobs(), help="programs to count at a time")
    add("--update", action="store_true", help="record the ratios, and write README.md's tables")
    return top


def main(arguments: list[str] | None = None) -> None:
    """Run the command; BuildError for what the user can act on."""
    restore_interrupt()
    options = parser().parse_args(arguments)
    if options.list:
        wanted = options.benchmarks
        for one in timing.select(options.size, wanted, versions.default(), options.forked):
            print(one.name)
        return
    if options.instructions and (options.benchmarks or options.forked):
        what = "name no benchmark, nor --forked, with it"
        raise BuildError(f"--instructions counts its own fixed list; {what}")
    target = targets.buildable(options.target)
    # Only an interpreter that runs here as it is can be optimized by a profile of itself.
    simple = options.instructions or target.runner != "native"
    kind = options.build or ("plain" if simple else "optimized")
    fast = kind == "optimized"
    name = configuration.Configuration(target.name, pgo=fast, lto=fast).name
    if not options.instructions and target.is_emulated:
        raise BuildError(f"{name} runs under an emulator, whose time it is that would be measured")
    given = {Kind.STOCK: options.stock, Kind.PATCHED: options.patched}
    pair: dict[str, Path] = {}
    for side, python in given.items():
        if python is None:
            python = build.ensure(target.name, immortal=side.immortal, pgo=fast, lto=fast)
        elif not python.is_file():
            raise BuildError(f"--{side}: there is no {python}")
        pair[str(side)] = python.absolute()
    if options.instructions:
        _count(name, pair, options)
    else:
        _time(name, pair, options)


def _count(name: str, pair: dict[str, Path], options: argparse.Namespace) -> None:
    folder = (options.results or paths.output() / "performance" / f"{name}-instructions").absolute()
    measured = instructions.measure(
        pair, folder, options.jobs, lambda text: print(text, flush=True)
    )
    (folder / "instructions.json").write_text(json.dumps(measured, indent=1) + "\n")
    print(instructions.table(measured))
    for group, programs in GROUPS.items() if options.functions else ():
        print(f"\nadditional instructions of the {group}, by function:")
        found = instructions.additional(folder, measured["programs"], programs)
        for function, share in found[: options.functions]:
            print(f"{share:7.1%}  {function}")
    if options.update:
        instructions.update(name, measured)
        readme.write()
        return
    recorded = instructions.read().get(name)
    if recorded is None:
        raise BuildError(f"nothing is recorded of {name}; --update records this")
    if lines := instructions.worse(measured, recorded):
        raise BuildError("; ".join(lines))


def _time(name: str, pair: dict[str, Path], options: argparse.Namespace) -> None:
    name += "-forked" if options.forked else ""
    folder = (
        options.results or paths.output() / "performance" / f"{name}-{options.size}"
    ).absolute()
    told = {side: report.interpreter(python) for side, python in pair.items()}
    doubts = machine.warnings()
    if doubts and options.strict:
        raise BuildError(f"the machine is not fit to measure time: {'; '.join(doubts)}")
    doubts += report.misplaced(pair)
    for doubt in doubts:
        print(f"warning: {doubt}", file=sys.stderr)
    version = told["stock"]["version"].split()[0]
    benchmarks = timing.select(options.size, options.benchmarks, version, options.forked)
    starts = not options.benchmarks and not options.forked and options.size in startup.COUNTS
    begin(folder, {"name": name, "size": options.size, "pair": told})
    stages = ["environments", *(stage for stage, _, _ in timing.steps(benchmarks, options.size))]
    stages += [startup.STAGE] if starts else []
    progress = Progress(stages, folder / "log.txt")
    pythons = timing.environments(pair, benchmarks, progress)
    failed = timing.run_all(benchmarks, options.size, pythons, folder, progress, options.forked)
    if starts:
        startup.measure(pair, options.size, folder, progress)
    after = machine.warnings(measured=True)
    doubts += [f"{one}, at the end" for one in after if one not in doubts]
    run = report.Run(name, options.size, machine.describe(), doubts, told, failed)
    found = report.write(folder, run)
    mean = found["geometric_mean"]
    print(f"geometric mean {mean['value']:.3f}, {mean['low']:.3f} to {mean['high']:.3f}")
    print(f"results: {folder / 'summary.md'}")
    if options.update:
        results.record(folder, found)
        readme.write()
    if failed:
        raise BuildError(f"not measured: {', '.join(failed)}; see {folder / 'summary.md'}")


def begin(folder: Path, what: dict[str, object]) -> None:
    """Make the results folder, or go on with one of the same interpreters and size.

    Results of others are put aside, under a name with the time. Raises OSError.
    """
    marker, text = folder / "run.json", json.dumps(what, indent=1, sort_keys=True)
    if folder.exists() and not (marker.exists() and marker.read_text() == text):
        if not marker.exists() and any(folder.iterdir()):
            raise BuildError(f"{folder} is not a folder of results; use another --results")
        aside = folder.with_name(f"{folder.name}-{time.strftime('%Y%m%d-%H%M%S')}")
        folder.rename(aside)
        print(f"other interpreters or another size were measured before; kept as {aside}")
    folder.mkdir(parents=True, exist_ok=True)
    marker.write_text(text)


if __name__ == "__main__":
    sys.exit(exit_status(main))
