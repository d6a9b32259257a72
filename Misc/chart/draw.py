"""Draw the README's chart, copied.svg, from the measurements beside this script.

Each measurement is what `python -m buildtool.cli.demo PYTHON --json` printed; the file's name says
of which interpreter. README.md tells how to run it. The colours keep their contrast on a white and
on a dark page.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from buildtool.cli.demo import MODES
from buildtool.core import svg
from buildtool.core.svg import bar, text

FOLDER = Path(__file__).resolve().parent
COLOURS = {"stock-3.11.2": "#8b949e", "patched-3.11.2": "#2f81f7"}
TITLE = "Memory that a forked child copies by reading, as a share of its RSS"

# Pixels: the page, where the bars start, how long one of 100 % would be, and heights.
WIDTH, LEFT, FULL = 640, 190, 500
TOP, BAR, GAP = 76, 18, 16

STYLE = (
    "text { font: 14px system-ui, sans-serif; fill: #7a7f87 } "
    ".title { font-weight: 600; font-size: 15px } "
    ".code { font-family: ui-monospace, monospace }"
)


def shares(measurements: str) -> dict[str, float]:
    """Return, for each mode in the JSON *measurements*, the part of its RSS that a child copied."""
    return {one["mode"]: one["dirty"] / one["rss"] for one in json.loads(measurements)}


def draw(measured: dict[str, dict[str, float]]) -> str:
    """Return the chart as SVG. *measured*: for each interpreter the share (0 to 1) by mode."""
    body, y = [text(0, 18, TITLE, "title"), text(0, 47, "before the fork")], TOP
    x = LEFT
    for name in measured:
        body += [bar(x, 36, 12, 12, COLOURS[name]), text(x + 18, 47, name.replace("-", " "))]
        x += 130
    for mode, label in MODES.items():
        middle = y + (len(measured) * BAR) // 2 + 5
        body.append(text(0, middle, label, "code" if "(" in label else ""))
        for name, of_modes in measured.items():
            if mode in of_modes:
                length = max(1, round(of_modes[mode] * FULL))
                body += [bar(LEFT, y, length, BAR - 2, COLOURS[name])]
                body += [text(LEFT + length + 6, y + 13, f"{of_modes[mode]:.1%}")]
            else:
                body.append(text(LEFT + 6, y + 13, "not in this interpreter"))
            y += BAR
        y += GAP
    return svg.page(WIDTH, y, TITLE, STYLE, body)


def main() -> None:
    if sys.argv[1:]:
        sys.exit(__doc__)
    measured = {name: shares((FOLDER / f"{name}.json").read_text()) for name in COLOURS}
    (FOLDER / "copied.svg").write_text(draw(measured))


if __name__ == "__main__":
    main()
