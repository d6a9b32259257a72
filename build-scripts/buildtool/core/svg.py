"""The few parts of SVG that our charts are made of; numbers are pixels."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape


def page(width: float, height: float, title: str, style: str, body: Iterable[str]) -> str:
    """Return a whole chart: *title* is for who can't see it, *style* is CSS."""
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    title = f"<title>{escape(title)}</title>"
    return "\n".join([head, title, f"<style>{style}</style>", *body, "</svg>\n"])


def text(x: float, y: float, words: object, kind: str = "", anchor: str = "") -> str:
    """Return *words* at a place: *kind* is their class in the style, *anchor* middle or end."""
    more = f' class="{kind}"' if kind else ""
    more += f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x}" y="{y}"{more}>{escape(str(words))}</text>'


def bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    """Return a filled rectangle."""
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{colour}"/>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    """Return a line from one place to another."""
    place = f'x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"'
    return f'<line {place} stroke="{colour}" stroke-width="{width}"/>'
