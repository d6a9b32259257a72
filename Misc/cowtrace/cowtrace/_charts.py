"""The pictures in the page: gauges, maps of memory, and bars."""

from __future__ import annotations

import collections
import html
from collections.abc import Callable, Sequence
from typing import Any

from ._report import share, size
from ._summary import CAUSES, Data

COLUMNS = 96  # cells in a row of the map
ROWS = 12  # bars in each chart

Writer = dict[str, Any]


def percent(part: float) -> str:
    """Return a share as text, of which only nothing is 0 %."""
    if 0 < part < 0.001:
        return "< 0.1 %"
    return f"{part * 100:.1f} %"


def causes_of(data: Data) -> list[int]:
    """Return the pages by cause, in the order of CAUSES."""
    return [data["by"]["cause"].get(cause, 0) for cause in CAUSES]


def segments(counts: Sequence[int], whole: int) -> str:
    """Return coloured parts of a bar that stands for *whole* pages."""
    return "".join(
        f'<i style="width:{count / whole * 100:.3f}%;background:var(--c{i})"></i>'
        for i, count in enumerate(counts)
        if count
    )


def total(data: Data, who: str) -> str:
    """Return the box with the figures of one interpreter."""
    page_size = data["page_size"]
    n = len(data["processes"])
    number, unit = size(data["pages"], page_size).split()
    facts = [
        ("share of what was shared", percent(share(data))),
        ("pages copied", f"{data['pages']:,}"),
        ("shared with the parent", size(data["shared_pages"], page_size)),
        ("processes", f"{n:,}"),
        ("writes to immortal objects", f"{data['violating_pages']:,}"),
        ("pages that hold some", f"{data['immortal_pages']:,}"),
        ("pages of immortal code", f"{data['code_pages']:,}"),
    ]
    counted = zip(CAUSES, causes_of(data), strict=True)
    label = f"{percent(share(data))} of the shared memory was copied; " + ", ".join(
        f"{count} pages: {cause}" for cause, count in counted if count
    )
    return f"""<div class="total">
<p class="who">{who}</p>
<p class="figure">{number} <small>{unit} copied</small></p>
<div class="gauge" role="img" aria-label="{html.escape(label)}">\
{segments(causes_of(data), max(data["shared_pages"], 1))}</div>
<dl>{"".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)}</dl>
</div>"""


def legend(plan: Data) -> str:
    """Return what the colours of a map mean."""
    counts = plan["causes"]
    items = [
        f'<li><i style="background:var(--c{i})"></i>{cause} <b>{count:,}</b></li>'
        for i, (cause, count) in enumerate(zip(CAUSES, counts, strict=True))
        if count
    ]
    items.append(
        '<li><i style="background:var(--shared)"></i>still shared '
        f"<b>{max(plan['shared_pages'] - sum(counts), 0):,}</b></li>"
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def strip(name: str, strips: list[Data], per_cell: int) -> str:
    """Return a picture of memory of one kind."""
    cells = [cell or (0, 0) for each in strips for cell in each["cells"]]
    pages = sum(each["pages"] for each in strips)
    rows = -(-len(cells) // COLUMNS)
    paths: dict[str, list[str]] = collections.defaultdict(list)
    runs: list[list[int]] = []  # [cells, pages written in each, cause]
    for i, (written, cause) in enumerate(cells):
        y, x = divmod(i, COLUMNS)
        fill = "var(--shared)"
        if written:
            # A cell that was copied in part is paler.
            level = min(max(1, round(written / per_cell * 4)), 4)
            fill = f'var(--c{cause})" fill-opacity="{(0.4, 0.6, 0.8, 1)[level - 1]}'
        paths[fill].append(f"M{x * 10} {y * 10}h9v9h-9z")
        if runs and runs[-1][1:] == [written, cause]:
            runs[-1][0] += 1
        else:
            runs.append([1, written, cause])
    drawn = "".join(f'<path fill="{fill}" d="{"".join(parts)}"/>' for fill, parts in paths.items())
    copied = sum(written for written, _ in cells)
    label = html.escape(f"{name}: {copied:,} of {pages:,} pages copied")
    data = " ".join(",".join(map(str, run)) for run in runs)
    return (
        f'<div class="strip"><p>{label}</p>'
        f'<svg viewBox="0 0 {COLUMNS * 10} {rows * 10}" role="img" '
        f'aria-label="{label}" data-columns="{COLUMNS}" '
        f'data-pages="{per_cell}" data-cells="{data}">{drawn}</svg></div>'
    )


def memory_map(data: Data, who: str) -> str:
    """Return the memory of the process that copied most, by kind."""
    plan = data["map"]
    if plan is None:
        return ""
    kinds = collections.defaultdict(list)
    for each in plan["strips"]:
        kinds[each["memory"]].append(each)
    names = {"other mappings": "pymalloc arenas, large blocks of malloc, other mappings"}
    order = sorted(kinds, key=lambda kind: -sum(each["pages"] for each in kinds[kind]))
    pictures = "".join(
        strip(names.get(kind, kind), kinds[kind], plan["pages_per_cell"]) for kind in order
    )
    return f'<figure class="card"><figcaption>{who}</figcaption>{legend(plan)}{pictures}</figure>'


def group(data: Data, key: Callable[[Writer], str]) -> dict[str, list[int]]:
    """Return {label: pages by cause}."""
    found: dict[str, list[int]] = {}
    for writer in data["writers"]:
        counts = found.setdefault(key(writer), [0] * len(CAUSES))
        counts[CAUSES.index(writer["cause"])] += writer["pages"]
    return found


def function_of(writer: Writer) -> str:
    """Return the function that wrote."""
    return str(writer["function"])


def line_of(writer: Writer) -> str:
    """Return the line that was at work."""
    if not writer["file"]:
        return "(no Python code)"
    return f"{writer['file']}:{writer['line']}"


def type_of(writer: Writer) -> str:
    """Return what lay there."""
    if writer["symbol"]:
        return str(writer["symbol"])
    if writer["part"]:
        return f"{writer['type']}: {writer['part']}"
    return str(writer["type"])


def memory_of(writer: Writer) -> str:
    """Return the kind of memory."""
    return str(writer["memory"])


def chart(title: str, data: Data, stock: Data | None, key: Callable[[Writer], str]) -> str:
    """Return bars, one for each of the most frequent labels."""
    now = group(data, key)
    before = group(stock, key) if stock else {}
    weight = {
        label: max(sum(now.get(label, ())), sum(before.get(label, ())))
        for label in {**now, **before}
    }
    labels = sorted(weight, key=lambda label: (-weight[label], label))
    if not labels:
        return ""
    items = "".join(
        bar(label, now.get(label, []), before.get(label, []) if stock else None, weight[labels[0]])
        for label in labels[:ROWS]
    )
    more = ""
    if len(labels) > ROWS:
        rest = sum(sum(now.get(label, ())) for label in labels[ROWS:])
        more = f'<p class="who">and {len(labels) - ROWS:,} others: {rest:,} pages</p>'
    return f'<div class="card"><h3>{title}</h3><ul class="bars">{items}</ul>{more}</div>'


def bar(label: str, now: list[int], before: list[int] | None, most: int) -> str:
    """Return a label with its pages, of which the longest bar has *most*."""
    figure = f"{sum(now):,}"
    bars = f'<div class="bar" aria-hidden="true">{segments(now, most)}</div>'
    if before is not None:
        figure = f"{sum(before):,} &rarr; {figure}"
        bars = f'<div class="bar stock" aria-hidden="true">{segments(before, most)}</div>{bars}'
    return (
        f'<li><div class="label"><span class="mono" title="{html.escape(label)}">'
        f"<bdi>{html.escape(short(label))}</bdi></span><span>{figure}</span></div>{bars}</li>"
    )


def short(label: str) -> str:
    """Return a path's last two parts."""
    if label.startswith("/"):
        parts = label.split("/")
        if len(parts) > 3:
            return "\N{HORIZONTAL ELLIPSIS}/" + "/".join(parts[-2:])
    return label
