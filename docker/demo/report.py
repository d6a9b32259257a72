"""report.py [FOLDER]: tell what stock.json and patched.json say, as report.md and chart.svg.

Reads and writes in /results unless another folder is given. All sizes in the files are in bytes.
"""

from __future__ import annotations

import json
import math
import random
import statistics
import sys
from pathlib import Path
from typing import Any

from buildtool.core import markdown, svg

SIDES = {"stock": "#8b949e", "patched": "#2f81f7"}
MIB = 1 << 20

FIGURES = ("Pss", "Private_Dirty")

# The chart, in pixels: the page, the first field of curves, and what lies between two fields.
WIDTH, HEIGHT = 640, 575
LEFT, RIGHT, TOP, BOTTOM, GAP = 60, 620, 90, 270, 80
STYLE = "text { font: 13px system-ui, sans-serif; fill: #7a7f87 } .title { font-weight: 600 }"
TITLE = "Memory of each worker, as it answers requests"

Look = dict[str, Any]


def total(look: Look, figure: str) -> float:
    """Return the sum of a *figure* over all workers, in MiB."""
    return float(sum(row[figure] for row in look["workers"]) / MIB)


def answered(look: Look) -> float:
    """Return how many requests a worker had answered, on the average."""
    return float(sum(row["answered"] for row in look["workers"]) / len(look["workers"]))


def some(looks: list[Look], count: int = 12) -> list[Look]:
    """Return the first and the last of *looks*, and as many between as make *count*."""
    last = len(looks) - 1
    places = {round(number * last / (count - 1)) for number in range(count)}
    return [looks[place] for place in sorted(places)]


def rate(turns: list[dict[str, float]]) -> float:
    """Return the requests per second over all *turns*."""
    return sum(turn["requests"] for turn in turns) / sum(turn["seconds"] for turn in turns)


def ratio(results: dict[str, Any]) -> str:
    """Return patched's rate by stock's, with the ends of its 95 % interval.

    The geometric mean over the pairs of turns. Its interval is that of the bootstrap's percentiles
    (Efron, "Bootstrap methods: another look at the jackknife", 1979), always drawn alike. A single
    pair, or a turn without an answer, gives the ratio of all answers and no interval.
    """
    patched, stock = (results[side]["turns"] for side in ("patched", "stock"))
    if len(stock) < 2 or not all(turn["requests"] for turn in [*patched, *stock]):
        return f"{rate(patched) / rate(stock):.3f}"
    pairs = zip(patched, stock, strict=True)
    logarithms = [math.log(rate([ours]) / rate([theirs])) for ours, theirs in pairs]
    chance = random.Random(0)
    means = [statistics.fmean(chance.choices(logarithms, k=len(logarithms))) for _ in range(2000)]
    ends = statistics.quantiles(means, n=40)
    value, low, high = map(math.exp, (statistics.fmean(logarithms), ends[0], ends[-1]))
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def table(results: dict[str, Any]) -> str:
    """Return the report: each worker at the end, all of them over time, and what it comes to."""
    ends = {side: results[side]["looks"][-1] for side in SIDES}
    workers = len(ends["stock"]["workers"])
    heads = [f"{side} ({results[side]['mode']})" for side in SIDES]
    lines = [
        f"# {workers} workers, at least {results['stock']['wanted']} requests to each",
        "",
        "![Memory of the workers over time](chart.svg)",
        "",
    ]
    rows = []
    for figure in FIGURES:
        stock, patched = (total(ends[side], figure) for side in SIDES)
        sizes = (f"{stock:.1f}", f"{patched:.1f}", f"{patched / stock:.3f}")
        rows.append((f"{figure}, MiB", *sizes))
    stock, patched = (rate(results[side]["turns"]) for side in SIDES)
    rows.append(("requests/s", f"{stock:.0f}", f"{patched:.0f}", ratio(results)))
    failed = [sum(turn["failed"] for turn in results[side]["turns"]) for side in SIDES]
    rows.append(("failed requests", *(f"{number:.0f}" for number in failed), ""))
    lines += [
        markdown.table(("all workers", *heads, "ratio"), rows),
        f"The load was on one server at a time, turn by turn "
        f"({len(results['stock']['turns'])} of each). The ratio of requests/s is the geometric "
        "mean over the pairs of turns, with its 95 % interval if there are several; the rates "
        "themselves are this machine's.",
    ]
    for side in SIDES:
        lines += ["", f"## {side}: each worker at the end", "", at_the_end(ends[side])]
        lines += [f"## {side}: PSS / Private_Dirty over time, MiB", ""]
        lines.append(over_time(some(results[side]["looks"])).rstrip())
    return "\n".join(lines) + "\n"


def at_the_end(look: Look) -> str:
    """Return the table of each worker's figures."""
    rows = []
    for number, row in enumerate(look["workers"], 1):
        sizes = (f"{row[figure] / MIB:.1f}" for figure in FIGURES)
        rows.append((number, row["answered"], *sizes))
    return markdown.table(("worker", "requests", "PSS, MiB", "Private_Dirty, MiB"), rows)


def over_time(looks: list[Look]) -> str:
    """Return the table of what all workers, and each, had at each of *looks*."""
    rows = []
    for look in looks:
        cells = [f"{look['seconds']:.0f}", f"{answered(look):.0f}"]
        cells.append(f"{total(look, 'Pss'):.1f} / {total(look, 'Private_Dirty'):.1f}")
        for row in look["workers"]:
            cells.append(f"{row['Pss'] / MIB:.0f} / {row['Private_Dirty'] / MIB:.0f}")
        rows.append(cells)
    workers = [f"worker {number}" for number in range(1, len(looks[0]["workers"]) + 1)]
    return markdown.table(("seconds", "requests to each", "all workers", *workers), rows)


def draw(results: dict[str, Any]) -> str:
    """Return the chart as SVG: of each worker, two figures over the requests it has answered."""
    parts = [svg.text(0, 16, TITLE, "title")]
    for number, (side, colour) in enumerate(SIDES.items()):
        place = LEFT + number * 220
        parts.append(svg.bar(place, 30, 12, 12, colour))
        parts.append(svg.text(place + 18, 41, f"{side} ({results[side]['mode']})"))
    for number, figure in enumerate(FIGURES):
        field = "".join(_field(results, figure))
        parts.append(f'<g transform="translate(0 {number * (BOTTOM - TOP + GAP)})">{field}</g>')
    return svg.page(WIDTH, HEIGHT, TITLE, STYLE, parts)


def _step(most: float) -> int:
    """Return the distance of an axis's marks, of which there are six at most up to *most*."""
    return next(s for s in (d * 10**n for n in range(12) for d in (1, 2, 5)) if most / s <= 6)


def _field(results: dict[str, Any], figure: str) -> list[str]:
    """Return the part of the chart for one figure: its axes, and a curve for each worker."""
    rows = {side: [look["workers"] for look in results[side]["looks"]] for side in SIDES}
    every = [worker for looks in rows.values() for workers in looks for worker in workers]
    most = max(worker[figure] for worker in every) / MIB
    end = max(worker["answered"] for worker in every)
    step = _step(most)
    top = (int(most / step) + 1) * step

    def x(requests: float) -> float:
        return round(LEFT + requests / end * (RIGHT - LEFT), 1)

    def y(mib: float) -> float:
        return round(BOTTOM - mib / top * (BOTTOM - TOP), 1)

    parts = [svg.text(0, TOP - 12, f"{figure}, MiB")]
    for mib in range(0, top + 1, step):
        parts.append(f'<path d="M{LEFT} {y(mib)}H{RIGHT}" stroke="#7a7f87" stroke-opacity=".3"/>')
        parts.append(svg.text(LEFT - 6, y(mib) + 4, mib, anchor="end"))
    for requests in range(0, end + 1, _step(end)):
        parts.append(svg.text(x(requests), BOTTOM + 18, requests, anchor="middle"))
    parts.append(svg.text(RIGHT, BOTTOM + 36, "requests", anchor="end"))
    for side, looks in rows.items():
        for curve in zip(*looks, strict=True):
            points = " ".join(f"{x(at['answered'])},{y(at[figure] / MIB)}" for at in curve)
            parts.append(f'<polyline points="{points}" fill="none" stroke="{SIDES[side]}"/>')
    return parts


def main() -> None:
    folder = Path(sys.argv[1] if sys.argv[1:] else "/results")
    results = {side: json.loads((folder / f"{side}.json").read_text()) for side in SIDES}
    (folder / "report.md").write_text(table(results))
    (folder / "chart.svg").write_text(draw(results))


if __name__ == "__main__":
    main()
