"""README.md's tables of performance, from what is recorded in pyperformance-config/."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from .. import paths
from ..errors import BuildError
from . import instructions, published, report

README = paths.ROOT / "README.md"
BEGIN = "<!-- from pyperformance-config/ by compare-performance.sh --update -->\n"
END = "<!-- end -->\n"
# The columns, and the names of builds in the order in which they are asked for.
PLAIN = {
    "gcc": "x86_64-gcc",
    "clang": "x86_64-clang",
    "gcc, i686": "i686-gcc",
    "clang, i686": "i686-clang",
}
OPTIMIZED = {"gcc": "x86_64-gcc-lto-pgo", "clang": "x86_64-clang-lto-pgo"}
TIMED = {**PLAIN, **OPTIMIZED}
NOT_RUN = "not run"


def tables() -> str:
    """Return the tables in Markdown. What was not run is in them as not run."""
    counted, timed = instructions.read(), published.times()

    def row(label: str, cells: list[str]) -> str:
        return f"| {' | '.join([label, *cells])} |\n"

    def mean(group: str) -> list[str]:
        return [
            f"{counted[name]['geometric_means'][group]:.3f}" if name in counted else NOT_RUN
            for name in PLAIN.values()
        ]

    def ratio(program: str) -> list[str]:
        return [
            f"{counted[name]['programs'][program]['ratio']:.3f}" if name in counted else NOT_RUN
            for name in PLAIN.values()
        ]

    def resident(name: str, kind: str) -> str:
        if name not in counted:
            return NOT_RUN
        return f"{instructions.more_memory(counted[name], kind) // 1024:+} KiB"

    def interval(one: Mapping[str, float]) -> str:
        return f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"

    def time(name: str) -> str:
        if name not in timed:
            return NOT_RUN
        return interval(timed[name]["geometric_mean"])

    def start(name: str, program: str) -> str:
        for one in timed.get(name, {}).get("starts", ()):
            if one["name"] == program:
                return interval(one)
        return NOT_RUN

    text = row("patched, times stock", list(PLAIN)) + row("---", ["---"] * len(PLAIN))
    text += row("time, pyperformance", [time(name) for name in TIMED.values()])
    for program in ("python -c pass", "python -I -S -E -c pass"):
        text += row(f"time, `{program}`", [start(name, program) for name in TIMED.values()])
    text += row("instructions, pyperformance", mean("benchmarks"))
    text += row("instructions, loops that only count", mean("loops"))
    text += row("instructions, `python -c pass`", ratio("startup"))
    text += row("instructions, `python -I -S -E -c pass`", ratio("startup_isolated"))
    for kind in ("rss", "anonymous"):
        label = f"{kind.capitalize()} at start, beside stock"
        text += row(label, [resident(name, kind) for name in PLAIN.values()])
    for name in TIMED.values():
        if name in timed:
            text += f"\n{_told(name, timed[name])}\n"
    return text


def _told(name: str, run: Mapping[str, Any]) -> str:
    """Return what a reader should know of a timed run beside its mean."""
    where, some = run["machine"], run["pyperformance"]
    kind = "virtual machine, which may share its processors" if where["virtual"] else "machine"
    slow = [one for one in some if one["low"] > report.SLOWER]
    named = ", ".join(f"{one['name']} {one['value']:.2f}" for one in slow) or "none"
    faster, slower = sum(one["high"] < 1 for one in some), sum(one["low"] > 1 for one in some)
    text = (
        f"{name}: time on a {kind}: {where['processor']}, {where['cores']} cores. Of {len(some)} "
        f"benchmarks {faster} are certainly faster and {slower} certainly slower than in stock, "
        f"these by more than {report.SLOWER - 1:.0%}: {named}. [Each benchmark]"
        f"(pyperformance-config/results/{name}/summary.md), with all that was measured."
    )
    return textwrap.fill(text, 104, break_long_words=False, break_on_hyphens=False)


def write() -> None:
    """Write the tables between README.md's markers; BuildError if they aren't there."""
    text = README.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise BuildError(f"{README} has lost its markers: {BEGIN.strip()} and {END.strip()}")
    README.write_text(f"{before}{BEGIN}\n{tables()}\n{END}{after}")
