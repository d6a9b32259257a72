"""The tables of performance in the README files, from what is recorded in pyperformance-config/."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from ..core import markdown, pages, paths
from . import instructions, report, results

README = paths.ROOT / "README.md"
DETAILS = paths.ROOT / "pyperformance-config" / "README.md"
BLOCK = "performance"
# The columns, and the names of builds in the order in which they are asked for.
PLAIN = {
    "gcc": "x86_64-gcc",
    "clang": "x86_64-clang",
    "gcc, i686": "i686-gcc",
    "clang, i686": "i686-clang",
}
OPTIMIZED = {"gcc": "x86_64-gcc-lto-pgo", "clang": "x86_64-clang-lto-pgo"}
TIMED = {**PLAIN, **OPTIMIZED}
FORKED = {label: f"{name}-forked" for label, name in TIMED.items()}
NOT_RUN = "not run"


def summary() -> str:
    """Return in Markdown the rows that the first page shows."""
    return _table(
        _row("time, pyperformance", TIMED, _time),
        _row("time, `python -c pass`", TIMED, _start, "python -c pass"),
        _row("instructions, pyperformance", PLAIN, _mean, "benchmarks"),
        _row("Rss at start, beside stock", PLAIN, _memory, "rss"),
    )


def tables() -> str:
    """Return all tables in Markdown, with what was not run as not run."""
    text = _table(
        _row("time, pyperformance", TIMED, _time),
        _row("time, pyperformance, forked", FORKED, _time),
        _row("time, `python -c pass`", TIMED, _start, "python -c pass"),
        _row("time, `python -I -S -E -c pass`", TIMED, _start, "python -I -S -E -c pass"),
        _row("instructions, pyperformance", PLAIN, _mean, "benchmarks"),
        _row("instructions, loops that only count", PLAIN, _mean, "loops"),
        _row("instructions, `python -c pass`", PLAIN, _ratio, "startup"),
        _row("instructions, `python -I -S -E -c pass`", PLAIN, _ratio, "startup_isolated"),
        _row("Rss at start, beside stock", PLAIN, _memory, "rss"),
        _row("Anonymous at start, beside stock", PLAIN, _memory, "anonymous"),
    )
    timed = results.times()
    names = [*TIMED.values(), *FORKED.values()]
    told = [_told(name, timed[name]) for name in names if name in timed]
    return "\n".join([text, *(f"{one}\n" for one in told)])


def _table(*rows: list[str]) -> str:
    return markdown.table(["patched, times stock", *PLAIN], rows)


def _row(label: str, builds: Mapping[str, str], cell: Callable[..., str], *key: str) -> list[str]:
    return [label, *(cell(name, *key) for name in builds.values())]


def _mean(name: str, group: str) -> str:
    counted = instructions.read()
    return f"{counted[name]['geometric_means'][group]:.3f}" if name in counted else NOT_RUN


def _ratio(name: str, program: str) -> str:
    counted = instructions.read()
    return f"{counted[name]['programs'][program]['ratio']:.3f}" if name in counted else NOT_RUN


def _memory(name: str, kind: str) -> str:
    counted = instructions.read()
    if name not in counted:
        return NOT_RUN
    return f"{instructions.more_memory(counted[name], kind) // 1024:+} KiB"


def _time(name: str) -> str:
    timed = results.times()
    return _interval(timed[name]["geometric_mean"]) if name in timed else NOT_RUN


def _start(name: str, program: str) -> str:
    starts = results.times().get(name, {}).get("starts", ())
    return next((_interval(one) for one in starts if one["name"] == program), NOT_RUN)


def _interval(one: Mapping[str, float]) -> str:
    return f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"


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
        f"(results/{name}/summary.md), with all that was measured."
    )
    return textwrap.fill(text, 104, break_long_words=False, break_on_hyphens=False)


def write() -> None:
    """Write the tables into both pages; BuildError if one has no place for them."""
    pages.replace(DETAILS, BLOCK, tables())
    pages.replace(README, BLOCK, summary())
