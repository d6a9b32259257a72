"""A page of HTML that needs no other file and no network."""

from __future__ import annotations

import html
import os
from typing import Any

from ._charts import (
    Writer,
    chart,
    function_of,
    line_of,
    memory_map,
    memory_of,
    total,
    type_of,
)
from ._report import headline
from ._summary import CAUSES, Data

WRITERS = 400  # rows of the table

e = html.escape


def asset(name: str) -> str:
    """Return a file of this package, as text; OSError."""
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read()


def writer_row(writer: Writer) -> str:
    """Return a cause as a row of the table."""
    via = writer["via"]
    names = writer["callers"]
    first = names.index(writer["function"]) + 1 if names else 0
    stack = names[first : first + 4]
    function = f"<code>{e(writer['function'])}</code>"
    if via:
        function += f' <span class="who">by {e(via)}</span>'
    if stack:
        function += f"<small>{e(' < '.join(stack))}</small>"
    where = ""
    if writer["python_function"]:
        where = f"<small>{e(writer['python_function'])}</small>"
    noted = flags(writer)
    flagged = f"<small>{', '.join(noted)}</small>" if noted else ""
    i = CAUSES.index(writer["cause"])
    return (
        f'<tr><td class="n" data-n="{writer["pages"]}">'
        f"{writer['pages']:,}</td>"
        f'<td><span class="tag"><i style="background:var(--c{i})"></i>'
        f"{e(writer['cause'])}</span>{flagged}</td>"
        f'<td class="where">{function}</td>'
        f'<td class="where"><code>{e(line_of(writer))}</code>{where}</td>'
        f'<td class="where"><code>{e(type_of(writer))}</code></td>'
        f"<td>{e(writer['memory'])}</td></tr>"
    )


def flags(writer: Writer) -> list[str]:
    """Return what else is to be said of a cause."""
    found = []
    if writer["violates"]:
        found.append("of immortal objects")
    elif writer["immortal"]:
        found.append("beside immortal objects")
    if writer["code"]:
        found.append("page of immortal code")
    if writer["exit"]:
        found.append("at exit")
    if writer["system_call"] is not None:
        found.append(f"system call {writer['system_call']}")
    return found


def writers_table(data: Data) -> str:
    """Return all causes, those with the most pages first."""
    # Their offsets in objects are of no interest here.
    rows: dict[tuple[Any, ...], Writer] = {}
    for writer in data["writers"]:
        key = tuple(
            tuple(value) if isinstance(value, list) else value
            for name, value in writer.items()
            if name not in ("pages", "offset", "callers")
        )
        if key in rows:
            rows[key]["pages"] += writer["pages"]
        else:
            rows[key] = dict(writer)
    every = sorted(rows.values(), key=lambda writer: -writer["pages"])
    heads = ("pages", "what was written", "C function", "Python line", "what lay there", "memory")
    columns = "".join(
        f'<th scope="col"{" class=n aria-sort=descending" if not i else ""}>'
        f'<button type="button">{head}</button></th>'
        for i, head in enumerate(heads)
    )
    rest = ""
    if len(every) > WRITERS:
        pages = sum(writer["pages"] for writer in every[WRITERS:])
        rest = (
            f'<p class="lead">The other {len(every) - WRITERS:,} causes, '
            f"{pages:,} pages in all, are in the JSON report only.</p>"
        )
    return f"""<div class="tools" hidden>
<input id="filter" type="search" placeholder="Filter: words of any column"
 aria-label="Filter the causes" aria-describedby="found">
<span id="found" role="status" class="who"></span></div>
<div class="scroll" tabindex="0" role="region" aria-label="All causes">
<table id="writers" class="sortable"><thead><tr>{columns}</tr></thead>
<tbody>{"".join(map(writer_row, every[:WRITERS]))}</tbody></table></div>
{rest}"""


def process_table(data: Data) -> str:
    """Return the processes."""
    rows = "".join(
        f'<tr><td class="n" data-n="{p["pid"]}">{p["pid"]}</td>'
        f'<td class="n" data-n="{p["ppid"]}">{p["ppid"]}</td>'
        f'<td class="n" data-n="{p["pages"]}">{p["pages"]:,}</td>'
        f'<td class="n" data-n="{p["exit_pages"]}">{p["exit_pages"]:,}</td>'
        f'<td class="n" data-n="{p["shared_pages"]}">{p["shared_pages"]:,}'
        f"</td><td>{e(p['backend'] or 'not traced')}</td></tr>"
        for p in data["processes"]
    )
    heads = (
        "process",
        "its parent",
        "pages copied",
        "of these at exit",
        "pages shared at first",
        "trapped by",
    )
    columns = "".join(
        f'<th scope="col"{" class=n" if i < 5 else ""}><button type="button">{head}</button></th>'
        for i, head in enumerate(heads)
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" '
        f'aria-label="Processes"><table class="sortable"><thead><tr>'
        f"{columns}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def page(data: Data, stock: Data | None = None) -> str:
    """Return the report as a page of HTML."""
    command = " ".join(data.get("command") or ["this process"])
    version = e(data["python"]["version"])
    name = f"Python {version}"
    who = f"in this interpreter, {name}" if stock else name
    boxes = total(data, who)
    maps = memory_map(data, who)
    if stock:
        other = (
            f"in stock, Python {e(stock['python']['version'])} "
            f"(<code>{e(stock['python']['executable'])}</code>)"
        )
        boxes = total(stock, other) + boxes
        maps = memory_map(stock, other) + maps
    noted = dict.fromkeys((stock["notes"] if stock else []) + data["notes"])
    notes = (
        f'<section><h2>Notes</h2><ul class="notes">'
        f"{''.join(f'<li>{e(note)}</li>' for note in noted)}</ul>"
        f"</section>"
        if noted
        else ""
    )
    charts = "".join(
        chart(title, data, stock, key)
        for title, key in (
            ("C function", function_of),
            ("Python line", line_of),
            ("What lay there", type_of),
            ("Memory", memory_of),
        )
    )
    pairs = "The thin bars are stock's. " if stock else ""
    title = e(f"{os.path.basename(command)}: {headline(data)}")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="cowtrace">
<title>{title}</title>
<style>{asset("report.css")}</style>
</head>
<body>
<main>
<header>
<h1>Memory copied after fork by <code>{e(command)}</code></h1>
<div class="totals">{boxes}</div>
</header>
<section>
<h2>Map</h2>
<p class="lead">The memory that the process which copied most had in common
with its parent, by address. Coloured is what it copied, by the cause of the
first write to each page.</p>
<div class="maps">{maps}</div>
</section>
<section>
<h2>Who wrote first</h2>
<p class="lead">Pages, by the cause of the first write to each. {pairs}The
colours are those of the map.</p>
<div class="charts">{charts}</div>
</section>
<section>
<h2>All causes</h2>
<p class="lead">Below the C function are its callers, as far as the stack
tells.</p>
{writers_table(data)}
</section>
<section>
<h2>Processes</h2>
{process_table(data)}
</section>
{notes}
<footer>A page is {data["page_size"]:,} bytes. It is copied when it is first
written to, by either side; later writes to the same page cost nothing more,
and are not shown. Static data of the interpreter and of libraries is traced
as well, but does not count as immortal objects.</footer>
</main>
<div id="tip" role="presentation" hidden></div>
<script>const CAUSES = {list(CAUSES)!r};{asset("report.js")}</script>
</body>
</html>
"""
