"""Write the results folder of a comparison: tables, chart, and what it was made with."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..core import markdown, process
from . import chart, machine, ratios, startup, timing

# What tells how an interpreter was built.
VARIABLES = (
    "CONFIG_ARGS",
    "CC",
    "OPT",
    "CONFIGURE_CFLAGS_NODIST",
    "CONFIGURE_LDFLAGS_NODIST",
    "PY_CFLAGS",
    "PY_LDFLAGS",
)
ASK = f"""import json, platform, sys, sysconfig
print(json.dumps({{"version": sys.version, "compiler": platform.python_compiler(),
**{{name: sysconfig.get_config_var(name) for name in {VARIABLES!r}}}}}))"""
# A benchmark that is slower than this for certain is named in the summary.
SLOWER = 1.03
# An eval loop of which more than this lies among the code that never runs is there by mistake: of
# one that is laid out well, gcc puts a fifth there.
COLD_LIMIT = 0.5


@dataclass(frozen=True)
class Run:
    """What a comparison was: the build's name, its size, the machine and its warnings."""

    name: str
    size: str
    machine: Mapping[str, Any]
    warnings: Sequence[str]
    interpreters: Mapping[str, Mapping[str, Any]]
    failed: Mapping[str, str]


def interpreter(python: Path) -> dict[str, Any]:
    """Return what *python* tells of how it was built; BuildError if it doesn't run."""
    said = process.run([str(python), "-I", "-c", ASK], f"{python} doesn't run")
    found: dict[str, Any] = json.loads(said)
    return found


def misplaced(pair: Mapping[str, Path]) -> list[str]:
    """Return a line for each interpreter whose eval loop the compiler holds for cold by mistake."""
    shares = {side: cold_share(python) for side, python in pair.items()}
    return [
        f"{share:.0%} of the eval loop of {side} lie among the code that never runs"
        for side, share in shares.items()
        if share > COLD_LIMIT
    ]


def cold_share(python: Path) -> float:
    """Return how much of the eval loop, from 0 to 1, lies among the code that never runs.

    It is 0 where a program has no symbols, or has the interpreter in a shared library.
    """
    command = ["nm", "--print-size", "--radix=d", str(python)]
    ran = subprocess.run(command, capture_output=True, text=True)
    loop = "_PyEval_EvalFrameDefault"
    lines = [line.split() for line in ran.stdout.splitlines()]
    sizes = {words[3]: int(words[1]) for words in lines if len(words) == 4}
    hot, cold = sizes.get(loop, 0), sizes.get(f"{loop}.cold", 0)
    return cold / max(1, hot + cold)


def write(folder: Path, run: Run) -> dict[str, Any]:
    """Write all files into *folder*, which has the raw results; return what ratios.json has.

    Raises BuildError where nothing was measured.
    """
    measured = timing.collect(folder, run.size)
    theirs = [ratios.of_rounds(one.name, one.rounds) for one in measured if not one.ours]
    ours = [ratios.of_rounds(one.name, one.rounds) for one in measured if one.ours]
    of_starts = startup.collect(folder)
    mean = ratios.geometric_mean(theirs or ours)
    of_memory = memory(measured)
    found = {
        "name": run.name,
        "size": run.size,
        "publishable": not run.warnings and not run.failed and run.size in timing.PUBLISHED,
        "warnings": list(run.warnings),
        "failed": dict(run.failed),
        "geometric_mean": asdict(mean),
        "pyperformance": [asdict(one) for one in theirs],
        "ours": [asdict(one) for one in ours],
        "starts": [asdict(one) for one in of_starts],
        "memory": of_memory,
        "machine": dict(run.machine),
        "interpreters": {side: dict(one) for side, one in run.interpreters.items()},
    }
    (folder / "ratios.json").write_text(json.dumps(found, indent=1) + "\n")
    (folder / "compare_to.txt").write_text(compare_to(folder))
    (folder / "system.txt").write_text(machine.system_show())
    title = f"Time of {run.name}, patched to stock ({run.size})"
    (folder / "ratios.svg").write_text(chart.draw([*theirs, *ours], mean, title))
    tables = {"pyperformance": theirs, "our own": ours, "start-up": of_starts}
    (folder / "summary.md").write_text(summary(run, tables, mean, of_memory))
    return found


def compare_to(folder: Path) -> str:
    """Return pyperf's own comparison, which has absolute times as well."""
    command = [sys.executable, "-m", "pyperf", "compare_to", "--table", "-G"]
    files = [str(folder / "stock.json"), str(folder / "patched.json")]
    ran = subprocess.run([*command, *files], capture_output=True, text=True)
    return ran.stdout + ran.stderr


def memory(measured: Sequence[timing.Measured]) -> dict[str, dict[str, float]]:
    """Return, for benchmarks that fork, the child's memory in patched, times that in stock."""
    found = {}
    for one in measured:
        if len(one.memory) == 2:
            found[one.name] = {
                name: statistics.median(one.memory["patched"][name]) / statistics.median(values)
                for name, values in one.memory["stock"].items()
            }
    return found


def summary(
    run: Run,
    tables: Mapping[str, Sequence[ratios.Ratio]],
    mean: ratios.Ratio,
    of_memory: Mapping[str, Mapping[str, float]],
) -> str:
    """Return the Markdown summary: ratios only, for a time belongs to one machine."""
    slow = [one.name for some in tables.values() for one in some if one.low > SLOWER]
    lines = [
        f"# {run.name}: patched to stock, {run.size}",
        "",
        f"Geometric mean of {mean.observations} benchmarks: **{mean.value:.3f}**, 95 % interval "
        f"{mean.low:.3f} to {mean.high:.3f}. Above 1 is slower than stock.",
        "",
        f"Certainly slower than {SLOWER}: {', '.join(slow) or 'none'}.",
        "",
    ]
    if run.warnings:
        lines += ["**Not for publication**:", ""]
        lines += [f"- {warning}" for warning in run.warnings] + [""]
    elif run.size not in timing.PUBLISHED:
        lines += [f"**Not for publication**: a {run.size} run is too short to tell.", ""]
    if run.machine.get("virtual"):
        lines += ["It is a virtual machine: others may share its processors, unseen.", ""]
    lines += [f"Not measured: {name}: {why}" for name, why in run.failed.items()]
    for title, some in tables.items():
        if some:
            rows = []
            for one in sorted(some, key=lambda one: -one.value):
                mark = "**" if one.is_significant else ""
                interval = f"{one.low:.3f} to {one.high:.3f}"
                rows.append((one.name, f"{mark}{one.value:.3f}{mark}", interval))
            lines += ["", markdown.table((title, "ratio", "95 % interval"), rows).rstrip()]
    if of_memory:
        rows = [
            (name, f"{found['child_private_dirty']:.3f}", f"{found['child_pss']:.3f}")
            for name, found in of_memory.items()
        ]
        head = ("memory of a forked child", "Private_Dirty", "Pss")
        lines += ["", markdown.table(head, rows).rstrip()]
    lines += ["", "![ratios](ratios.svg)", "", "## Made with", ""]
    lines += [f"- {name}: {value}" for name, value in run.machine.items()]
    for side, told in run.interpreters.items():
        lines += ["", f"{side}:", ""]
        lines += [f"- {name}: `{' '.join(str(value).split())}`" for name, value in told.items()]
    return "\n".join(lines) + "\n"
