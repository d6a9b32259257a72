"""draw_scaling.py FIGURES CHART: draw what scaling.py printed, as an SVG."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from buildtool.core import svg
from buildtool.core.svg import bar, text

COLOURS = {"mortal": "#8b949e", "immortal": "#2f81f7"}
TITLE = "Reads of the same 16 records per second; one thread, mortal = 1"

# Pixels: the page, where the bars start, how long the longest is, and heights.
WIDTH, LEFT, FULL = 640, 110, 460
TOP, BAR, GAP = 76, 18, 16

STYLE = (
    "text { font: 14px system-ui, sans-serif; fill: #7a7f87 } "
    ".title { font-weight: 600; font-size: 15px }"
)


def draw(ratios: dict[str, list[float]]) -> str:
    """Return the chart as SVG. *ratios*: for each mode the figures for 1, 2, ... threads."""
    body, x, y = [text(0, 18, TITLE, "title"), text(0, 47, "threads")], LEFT, TOP
    for mode, colour in COLOURS.items():
        body += [bar(x, 36, 12, 12, colour), text(x + 18, 47, mode)]
        x += 130
    longest = max(max(ratios[mode]) for mode in COLOURS)
    for number in range(len(ratios["mortal"])):
        body.append(text(0, y + BAR + 5, str(number + 1)))
        for mode, colour in COLOURS.items():
            length = max(1, round(ratios[mode][number] / longest * FULL))
            body += [bar(LEFT, y, length, BAR - 2, colour)]
            body += [text(LEFT + length + 6, y + 13, f"{ratios[mode][number]:.2f}")]
            y += BAR
        y += GAP
    return svg.page(WIDTH, y, TITLE, STYLE, body)


def main(arguments: list[str]) -> None:
    if len(arguments) != 2:
        sys.exit(__doc__)
    figures, chart = map(Path, arguments)
    chart.write_text(draw(json.loads(figures.read_text())))


if __name__ == "__main__":
    main(sys.argv[1:])
