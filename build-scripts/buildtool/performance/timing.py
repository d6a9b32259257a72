"""Run benchmarks in two interpreters by turns, and keep what each run measured in a file.

A run that is there is not repeated, so what was interrupted goes on where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyperf  # type: ignore[import-untyped]
from pyperformance import _manifest  # type: ignore[import-untyped]

from ..core import paths, process, versions
from ..core.errors import BuildError
from ..core.progress import Progress
from . import forked
from .callgrind import CONFIG

OURS = CONFIG / "MANIFEST"
# Seconds that one run of one benchmark may take.
TIMEOUT = 1800


@dataclass(frozen=True)
class Size:
    """How much to measure: which benchmarks (none: all), how many rounds, pyperf's options."""

    rounds: int
    options: tuple[str, ...]
    benchmarks: tuple[str, ...] = ()


# pyperformance's benchmarks that show most of the interpreter and take little time.
FEW = (
    "async_tree", "deepcopy", "deltablue", "float", "json_dumps", "nbody", "pickle",
    "python_startup", "raytrace", "richards", "unpack_sequence",
)  # fmt: skip
# Those in which the counts of references weigh most: what to run after each change of the series.
SHORT = (
    "richards", "deltablue", "nbody", "json_dumps", "unpack_sequence", "deepcopy",
    "pickle_pure_python", "float", "regex_compile", "go", "generators", "async_tree",
)  # fmt: skip
# What a standard run leaves out: networks, threads and processes, whose noise is larger than what
# is looked for; variants of benchmarks that are in it; and what takes longest.
LEFT_OUT = (
    "asyncio_tcp", "asyncio_tcp_ssl", "asyncio_websockets", "concurrent_imap", "tornado_http",
    "fastapi", "dask", "bpe_tokeniser", "sphinx", "xdsl", "networkx_connected_components",
    "networkx_k_core", "async_tree_io", "async_tree_cpu_io_mixed", "async_tree_io_tg",
    "async_tree_cpu_io_mixed_tg", "async_tree_memoization_tg", "sqlglot_v2_optimize",
    "sqlglot_v2_parse", "sqlglot_v2_transpile",
)  # fmt: skip
# An even number of rounds: each side comes first as often as the other.
SIZES = {
    "smoke": Size(2, ("--processes=1", "--values=2", "--warmups=1"), FEW),
    "short": Size(12, ("--processes=2", "--values=3", "--warmups=1"), SHORT),
    "standard": Size(4, ("--processes=2", "--values=3", "--warmups=1")),
    "rigorous": Size(12, ("--processes=3", "--values=4", "--warmups=2")),
}
# Those that have enough of the benchmarks and of each for a figure to be published.
PUBLISHED = ("standard", "rigorous")


@dataclass(frozen=True)
class Benchmark:
    """A benchmark of a manifest: its script with its arguments, and the file of what it needs."""

    name: str
    ours: bool
    command: tuple[str, ...]
    requirements: str = ""


def select(size: str, wanted: Sequence[str], version: str, fork: bool = False) -> list[Benchmark]:
    """Return the benchmarks to run with an interpreter of *version*: *wanted*, or those of *size*.

    With *fork*, those that can be run in a forked worker. Raises BuildError for one that there
    isn't.
    """
    found = [*_load(None, version), *_load(OURS, version)]
    if fork:
        found = [one for one in found if not one.ours and one.name not in forked.LEFT_OUT]
    unknown = set(wanted) - {one.name for one in found}
    if unknown:
        kind = "benchmark that can be forked:" if fork else "benchmark"
        raise BuildError(f"no {kind} {', '.join(sorted(unknown))}; see --list")
    if not wanted:
        wanted = SIZES[size].benchmarks or [one.name for one in found]
        if size == "standard":
            wanted = [name for name in wanted if name not in LEFT_OUT]
    return [one for one in found if one.name in wanted]


def _load(manifest: Path | None, version: str) -> list[Benchmark]:
    with contextlib.redirect_stdout(io.StringIO()):
        known = _manifest.load_manifest(str(manifest) if manifest else None).benchmarks
        return [
            Benchmark(
                one.name,
                manifest is not None,
                (one.runscript, *one.extra_opts),
                one.requirements_lockfile if Path(one.requirements_lockfile).exists() else "",
            )
            for one in sorted(known, key=lambda one: str(one.name))
            if one.python.contains(version)
        ]


def environments(
    pair: Mapping[str, Path], benchmarks: Sequence[Benchmark], progress: Progress
) -> dict[tuple[str, bool], Path]:
    """Make a virtual environment of each interpreter for pyperformance's benchmarks and for ours.

    Returns their interpreters by side, and whether it's for ours. They are kept in .build/,
    by what they are made from: the requirements' content, not where the files lie.
    pyperformance doesn't make them, for 1.14.0 makes one of the Python that it runs in itself.
    """
    made = {}
    for ours in sorted({one.ours for one in benchmarks}):
        files = sorted({one.requirements for one in benchmarks if one.ours == ours} - {""})
        contents = [Path(file).read_bytes() for file in files]
        wanted = [
            f"pyperf=={pyperf.__version__}",
            *(word for file in files for word in ("-r", file)),
        ]
        for side, python in pair.items():
            who = identity(python)
            made_from = (pyperf.__version__, contents, str(python), who)
            name = f"{side}-{hashlib.sha256(repr(made_from).encode()).hexdigest()}"
            folder = paths.output() / "performance" / "venvs" / name[:24]
            made[side, ours] = folder / "bin" / "python"
            if not (folder / "complete").exists():
                progress.stage("environments", f"{side}, {'our own' if ours else 'pyperformance'}")
                _run([str(python), "-m", "venv", "--clear", str(folder)], progress)
                _run([str(made[side, ours]), "-m", "pip", "install", *wanted], progress)
                (folder / "complete").touch()
            if identity(made[side, ours]) != who:
                raise BuildError(f"{folder} is not an environment of {python}; remove it")
    return made


def identity(python: Path) -> str:
    """Return what tells an interpreter from another one; BuildError if it doesn't run."""
    code = "import gc, sys; print(sys.version, sys.base_prefix, hasattr(gc, 'immortalize_heap'))"
    return process.run([str(python), "-I", "-c", code], f"{python} doesn't run")


def steps(benchmarks: Sequence[Benchmark], size: str) -> Iterator[tuple[str, int, Benchmark]]:
    """Yield the steps of a run, a round of a benchmark each, with a name for the user."""
    rounds = SIZES[size].rounds
    for number in range(rounds):
        for benchmark in benchmarks:
            yield f"{benchmark.name}, round {number + 1} of {rounds}", number, benchmark


def run_all(
    benchmarks: Sequence[Benchmark],
    size: str,
    pythons: Mapping[tuple[str, bool], Path],
    folder: Path,
    progress: Progress,
    fork: bool = False,
) -> dict[str, str]:
    """Run every round of every benchmark, and in each round both sides, the other first by turns.

    With *fork*, each worker of pyperf goes on in a forked child: see forked. Returns the
    benchmarks that failed, with the reason; they aren't tried again in later rounds.
    """
    failed: dict[str, str] = {}
    for stage, number, benchmark in steps(benchmarks, size):
        if benchmark.name in failed:
            continue
        sides = ["stock", "patched"] if number % 2 == 0 else ["patched", "stock"]
        outputs = {side: raw(folder, side, number, benchmark.name) for side in sides}
        if all(output.exists() for output in outputs.values()):
            continue
        progress.stage(stage)
        for side in sides:
            python = pythons[side, benchmark.ours]
            command = [str(python), "-u", *benchmark.command, *SIZES[size].options]
            try:
                _measure(command, outputs[side], progress, side if fork else "")
            except BuildError as error:
                failed[benchmark.name] = str(error)
                progress.say(f"failed: {error}")
                break
    return failed


def raw(folder: Path, side: str, number: int, benchmark: str) -> Path:
    """Return the file of one run."""
    return folder / "raw" / side / f"{number + 1:02}-{benchmark}.json"


def _measure(command: Sequence[str], output: Path, progress: Progress, fork: str) -> None:
    """Run a benchmark's script; *output* is there when it is complete, and not before.

    *fork* is the side whose workers are to be forked, if they are.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    more = forked.ENVIRONMENT if fork else {}
    _run([*command, f"--timeout={TIMEOUT}", "--output", str(partial)], progress, more)
    if fork:
        forked.check(partial, fork)
    partial.rename(output)


def _run(command: list[str], progress: Progress, more: Mapping[str, str] | None = None) -> None:
    last = [""]

    def watch(line: str) -> str:
        last[0] = line.strip() or last[0]
        return ""

    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PIP_", "SSL_", "REQUESTS_", "HTTP", "http")
    env = {name: value for name, value in os.environ.items() if name.startswith((*kept, "no_"))}
    if progress.run(command, env={**env, **(more or {})}, cwd=paths.ROOT, watch=watch):
        raise BuildError(f"{last[0] or 'no output'}; full log: {progress.log}")


@dataclass
class Measured:
    """What was measured of one benchmark.

    *rounds* has {"stock": SECONDS, "patched": SECONDS} each; *memory*, of those of ours that fork,
    the bytes of the child's Private_Dirty and Pss in each process: {"stock": {NAME: BYTES}, ...}.
    """

    name: str
    ours: bool
    rounds: list[dict[str, list[float]]] = field(default_factory=list)
    memory: dict[str, dict[str, list[int]]] = field(default_factory=dict)


def collect(folder: Path, size: str) -> list[Measured]:
    """Return what has been measured, by turns, of every benchmark.

    Writes stock.json and patched.json into *folder*: all runs together, as pyperf has them.
    """
    suites: dict[str, dict[str, Any]] = {"stock": {}, "patched": {}}
    found: dict[str, Measured] = {}
    own = {one.name for one in _load(OURS, versions.default())}
    for number in range(SIZES[size].rounds):
        for first in sorted((folder / "raw" / "stock").glob(f"{number + 1:02}-*.json")):
            second = folder / "raw" / "patched" / first.name
            if not second.exists():
                continue
            values: dict[str, dict[str, list[float]]] = {}
            for side, file in (("stock", first), ("patched", second)):
                for benchmark in pyperf.BenchmarkSuite.load(str(file)):
                    name = benchmark.get_name()
                    entry = found.setdefault(name, Measured(name, file.stem[3:] in own))
                    values.setdefault(name, {})[side] = list(benchmark.get_values())
                    for run in benchmark.get_runs():
                        for key, value in run.get_metadata().items():
                            if key.startswith("child_"):
                                of_side = entry.memory.setdefault(side, {})
                                of_side.setdefault(key, []).append(value)
                    if name in suites[side]:
                        suites[side][name].add_runs(benchmark)
                    else:
                        suites[side][name] = benchmark
            for name, of_sides in values.items():
                found[name].rounds.append(of_sides)
    for side, of_names in suites.items():
        if of_names:
            suite = pyperf.BenchmarkSuite(list(of_names.values()))
            suite.dump(str(folder / f"{side}.json"), replace=True)
    return list(found.values())
