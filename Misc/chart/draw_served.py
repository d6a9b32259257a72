"""Draw served-light.svg and served-dark.svg: what served.py printed, beside this script.

Each of the three files has the memory of a server over the requests that its workers answered.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from buildtool.core import svg

FOLDER = Path(__file__).resolve().parent
# The files of figures, in the order of the legend; what they are of follows from what is in them.
NAMES = ("served-stock", "served-package", "served-patched")
# Colours of a page: of text, of lines of the grid, and of each curve.
PALETTES = {
    "light": ("#57606a", "#d0d7de", ("#6e7781", "#0969da", "#1a7f37")),
    "dark": ("#9198a1", "#3d444d", ("#b1bac4", "#4493f8", "#3fb950")),
}
# Pixels: the page, the field of curves, and where lines of the legend are.
WIDTH, HEIGHT = 640, 380
LEFT, RIGHT, TOP, BOTTOM = 60, 620, 110, 330
LEGEND, LINE = 36, 20
MIB = 1 << 20

Figures = dict[str, Any]


def label(figures: Figures) -> str:
    """Return what a curve is of, with what its workers have for themselves at the end."""
    series = not figures["stock"]
    kind = "patched" if series else "stock"
    added = " with the package" if figures["mode"] == "immortal" and not series else ""
    last = figures["looks"][-1]
    own = f"{last['private_dirty'] / MIB:.0f} MiB for itself"
    return f"{kind} {figures['python']}{added}: {last['pss'] / MIB:.0f} MiB, each worker {own}"


def step(most: float, marks: int) -> int:
    """Return the distance of an axis's marks, of which there are *marks* at most up to *most*."""
    return next(
        size for power in range(12) for size in (10**power, 2 * 10**power, 5 * 10**power)
        if most / size <= marks
    )  # fmt: skip


def draw(measured: list[Figures], page: str) -> str:
    """Return the chart as SVG, for a light or a dark *page*."""
    ink, grid, colours = PALETTES[page]
    title = f"Memory of gunicorn with {measured[0]['workers']} workers, as they answer requests"
    style = (
        f"text {{ font: 13px system-ui, sans-serif; fill: {ink} }} .title {{ font-weight: 600 }}"
    )
    end = max(look["answered"] for one in measured for look in one["looks"])
    most = max(look["pss"] for one in measured for look in one["looks"]) / MIB
    apart = step(most, 5)
    top = (int(most / apart) + 1) * apart

    def x(requests: float) -> float:
        return round(LEFT + requests / end * (RIGHT - LEFT), 1)

    def y(mib: float) -> float:
        return round(BOTTOM - mib / top * (BOTTOM - TOP), 1)

    parts = [svg.text(0, 16, title, "title")]
    for number, (one, colour) in enumerate(zip(measured, colours, strict=True)):
        line = LEGEND + number * LINE
        parts += [svg.bar(0, line, 12, 12, colour), svg.text(18, line + 11, label(one))]
    for mib in range(0, top + 1, apart):
        parts.append(f'<path d="M{LEFT} {y(mib)}H{RIGHT}" stroke="{grid}"/>')
        parts.append(svg.text(LEFT - 6, y(mib) + 4, mib, anchor="end"))
    for requests in range(0, int(end) + 1, step(end, 6)):
        parts.append(svg.text(x(requests), BOTTOM + 18, requests, anchor="middle"))
    parts.append(svg.text(RIGHT, BOTTOM + 36, "requests to each worker", anchor="end"))
    parts.append(svg.text(0, BOTTOM + 36, "MiB, all processes (Pss)"))
    for one, colour in zip(measured, colours, strict=True):
        points = " ".join(f"{x(at['answered'])},{y(at['pss'] / MIB)}" for at in one["looks"])
        curve = f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        parts.append(curve)
    return svg.page(WIDTH, HEIGHT, title, style, parts)


def recorded(folder: Path) -> list[Figures]:
    """Return the figures in *folder*."""
    return [json.loads((folder / f"{name}.json").read_text()) for name in NAMES]


def main() -> None:
    if sys.argv[1:]:
        sys.exit(__doc__)
    for page in PALETTES:
        (FOLDER / f"served-{page}.svg").write_text(draw(recorded(FOLDER), page))


if __name__ == "__main__":
    main()
