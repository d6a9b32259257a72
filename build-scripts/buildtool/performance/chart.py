"""Draw ratios with their confidence intervals: a line for each benchmark, as SVG."""

from __future__ import annotations

from collections.abc import Sequence

from ..core import svg
from ..core.svg import line, text
from .ratios import Ratio

# Pixels: the page, where the axis begins, its length, the first line and the distance of two.
WIDTH, LEFT, LENGTH = 760, 220, 440
TOP, LINE = 64, 18
# What the axis shows at least and at most, times stock.
LEAST, MOST = 0.05, 0.5
# Faster, slower, and neither for certain: they keep their contrast on white and on dark pages.
COLOURS = {"faster": "#2da44e", "slower": "#cf5b2c", "even": "#8b949e"}
STYLE = (
    "text { font: 13px system-ui, sans-serif; fill: #7a7f87 } "
    ".title { font-weight: 600; font-size: 15px }"
)


def draw(found: Sequence[Ratio], mean: Ratio, title: str) -> str:
    """Return the chart; the slowest comes first, and the geometric mean before all."""
    ordered = [mean, *sorted(found, key=lambda one: -one.value)]
    far = max(abs(edge - 1) for one in ordered for edge in (one.value, one.low, one.high))
    reach = min(MOST, max(LEAST, far * 1.05))
    height = TOP + LINE * len(ordered) + 24

    def x(value: float) -> float:
        inside = max(1 - reach, min(1 + reach, value))
        return round(LEFT + LENGTH * (inside - 1 + reach) / (2 * reach), 1)

    body = [
        text(0, 18, title, "title"),
        text(LEFT - 40, 44, "faster than stock"),
        text(LEFT + LENGTH - 60, 44, "slower than stock"),
        line(x(1), TOP - 12, x(1), height - 24, "#7a7f87", 1),
    ]
    for step in (-reach, 0, reach):
        body.append(text(round(x(1 + step)) - 14, height - 6, f"{1 + step:.2f}"))
    for number, one in enumerate(ordered):
        y = TOP + LINE * number
        kind = "even" if not one.is_significant else "slower" if one.value > 1 else "faster"
        body += [
            text(0, y + 4, one.name, "title" if one is mean else ""),
            line(x(one.low), y, x(one.high), y, COLOURS[kind], 3 if one is mean else 2),
            f'<circle cx="{x(one.value)}" cy="{y}" r="4" fill="{COLOURS[kind]}"/>',
            text(LEFT + LENGTH + 20, y + 4, f"{one.value:.3f}"),
        ]
    return svg.page(WIDTH, height, title, STYLE, body)
