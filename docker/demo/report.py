"""report.py [FOLDER]: tell what stock.json and patched.json say, as report.md and chart.svg.

Reads and writes in /results unless another folder is given. All sizes in the files are in bytes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

SIDES = {"stock": "#8b949e", "patched": "#2f81f7"}
MIB = 1 << 20

FIGURES = ("Pss", "Private_Dirty")

# The chart, in pixels: the page, the first field of curves, and what lies between two fields.
WIDTH, HEIGHT = 640, 560
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


def table(results: dict[str, Any]) -> str:
    """Return the report: each worker at the end, all of them over time, and what it comes to."""
    ends = {side: results[side]["looks"][-1] for side in SIDES}
    workers = len(ends["stock"]["workers"])
    pss = {side: total(ends[side], "Pss") for side in SIDES}
    dirty = {side: total(ends[side], "Private_Dirty") for side in SIDES}
    rate = {
        side: results[side]["total"]["requests"] / results[side]["total"]["seconds"]
        for side in SIDES
    }
    failed = {side: int(results[side]["total"]["failed"]) for side in SIDES}
    lines = [
        f"# {workers} workers, at least {results['stock']['wanted']} requests to each",
        "",
        "![Memory of the workers over time](chart.svg)",
        "",
        "| all workers | "
        + " | ".join(f"{s} ({results[s]['mode']})" for s in SIDES)
        + " | ratio |",
        "| --- | --- | --- | --- |",
    ]
    for label, of_sides, digits in (
        ("PSS, MiB", pss, 1),
        ("Private_Dirty, MiB", dirty, 1),
        ("requests/s", rate, 0),
    ):
        both = " | ".join(f"{of_sides[side]:.{digits}f}" for side in SIDES)
        lines.append(f"| {label} | {both} | {of_sides['patched'] / of_sides['stock']:.3f} |")
    lines.append("| failed requests | " + " | ".join(str(failed[side]) for side in SIDES) + " | |")
    for side in SIDES:
        lines += ["", f"## {side}: each worker at the end", ""]
        lines += ["| worker | requests | PSS, MiB | Private_Dirty, MiB |", "| --- " * 4 + "|"]
        for number, row in enumerate(ends[side]["workers"], 1):
            sizes = f"{row['Pss'] / MIB:.1f} | {row['Private_Dirty'] / MIB:.1f}"
            lines.append(f"| {number} | {row['answered']} | {sizes} |")
        lines += ["", f"## {side}: PSS / Private_Dirty over time, MiB", ""]
        heads = ["seconds", "requests to each", "all workers"]
        heads += [f"worker {number}" for number in range(1, workers + 1)]
        lines += [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
        for look in some(results[side]["looks"]):
            cells = [f"{look['seconds']:.0f}", f"{answered(look):.0f}"]
            cells.append(f"{total(look, 'Pss'):.1f} / {total(look, 'Private_Dirty'):.1f}")
            for row in look["workers"]:
                cells.append(f"{row['Pss'] / MIB:.1f} / {row['Private_Dirty'] / MIB:.1f}")
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw(results: dict[str, Any]) -> str:
    """Return the chart as SVG: of each worker, two figures over the requests it has answered."""
    parts = [f'<text x="0" y="16" class="title">{TITLE}</text>']
    for number, (side, colour) in enumerate(SIDES.items()):
        place = LEFT + number * 220
        parts += [
            f'<rect x="{place}" y="30" width="12" height="12" fill="{colour}"/>',
            f'<text x="{place + 18}" y="41">{side} ({results[side]["mode"]})</text>',
        ]
    for number, figure in enumerate(FIGURES):
        field = "".join(_field(results, figure))
        parts.append(f'<g transform="translate(0 {number * (BOTTOM - TOP + GAP)})">{field}</g>')
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    lines = [head, f"<title>{TITLE}</title>", f"<style>{STYLE}</style>", *parts, "</svg>\n"]
    return "\n".join(lines)


def _field(results: dict[str, Any], figure: str) -> list[str]:
    """Return the part of the chart for one figure: its axes, and a curve for each worker."""
    rows = {side: [look["workers"] for look in results[side]["looks"]] for side in SIDES}
    every = [worker for looks in rows.values() for workers in looks for worker in workers]
    most = max(worker[figure] for worker in every) / MIB
    end = max(worker["answered"] for worker in every)
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if most / s <= 6)
    top = (int(most / step) + 1) * step

    def x(requests: float) -> float:
        return round(LEFT + requests / end * (RIGHT - LEFT), 1)

    def y(mib: float) -> float:
        return round(BOTTOM - mib / top * (BOTTOM - TOP), 1)

    parts = [f'<text x="0" y="{TOP - 12}">{figure}, MiB</text>']
    for mib in range(0, top + 1, step):
        parts.append(
            f'<path d="M{LEFT} {y(mib)}H{RIGHT}" stroke="#7a7f87" stroke-opacity=".3"/>'
            f'<text x="{LEFT - 6}" y="{y(mib) + 4}" text-anchor="end">{mib}</text>'
        )
    for part in range(5):
        requests = round(end * part / 4)
        anchor = "end" if part == 4 else "middle"
        parts.append(
            f'<text x="{x(requests)}" y="{BOTTOM + 18}" text-anchor="{anchor}">{requests}</text>'
        )
    parts.append(f'<text x="{RIGHT}" y="{BOTTOM + 36}" text-anchor="end">requests</text>')
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
