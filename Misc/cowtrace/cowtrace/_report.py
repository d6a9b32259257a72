"""Reports: who wrote, as a table, as JSON or as a page of HTML."""

from __future__ import annotations

import json

from ._summary import GROUPS, Data


def size(pages: int, page_size: int) -> str:
    """Return a number of pages as text, in a unit that suits it."""
    n = pages * page_size / 1024
    if n < 1024:
        return f"{n:,.0f} KiB"
    if n < 1024**2:
        return f"{n / 1024:,.1f} MiB"
    return f"{n / 1024**2:,.1f} GiB"


def share(data: Data) -> float:
    """Return the part of the shared pages that was copied."""
    return data["pages"] / data["shared_pages"] if data["shared_pages"] else 0


def headline(data: Data) -> str:
    """Return the result in one sentence."""
    n = len(data["processes"])
    if not n:
        return "no process was forked, none was traced"
    who = "1 process" if n == 1 else f"{n} processes"
    copied = size(data["pages"], data["page_size"])
    shared = size(data["shared_pages"], data["page_size"])
    return (
        f"{who} copied {data['pages']:,} pages, {copied}: {share(data):.1%} of "
        f"the {shared} shared with the parent"
    )


def merge(data: Data, stock: Data | None, name: str) -> list[tuple[str, int, int]]:
    """Return [(label, pages, pages of stock)] of a group, the largest first."""
    counts = data["by"][name]
    before = stock["by"][name] if stock else {}
    rows = [(label, counts.get(label, 0), before.get(label, 0)) for label in {**counts, **before}]
    if stock:
        rows.sort(key=lambda row: (-max(row[1:]), row[0]))
    return rows


def shorten(label: str, width: int = 64) -> str:
    """Return the end of a label that is too wide."""
    return label if len(label) <= width else "..." + label[3 - width :]


def row(pages: int, before: int, label: str, stock: Data | None) -> str:
    """Return a line of the table."""
    first = f"{before:9,}" if stock else ""
    return f"{first}{pages:9,}  {shorten(label)}"


class Report:
    """What was written, by whom."""

    def __init__(self, data: Data, stock: Data | None = None) -> None:
        self.data = data
        self.stock = stock

    @property
    def pages(self) -> int:
        """The number of pages copied."""
        return int(self.data["pages"])

    @property
    def shared_pages(self) -> int:
        """The number of pages that the processes shared at first."""
        return int(self.data["shared_pages"])

    @property
    def immortal_pages(self) -> int:
        """The number of pages copied that hold an immortal object, whatever was written there.

        Static data of the interpreter and of libraries is not counted.
        """
        return int(self.data["immortal_pages"])

    @property
    def violating_pages(self) -> int:
        """The number of pages copied as an immortal object, or what only such have, was written to.

        It is what --check is about. Static data and immortal code are not counted.
        """
        return int(self.data["violating_pages"])

    @property
    def code_pages(self) -> int:
        """The number of pages copied that hold immortal code and no other immortal object.

        Code changes when it runs: it is specialized for what it meets.
        """
        return int(self.data["code_pages"])

    def json(self) -> str:
        """Return the report as JSON."""
        data = self.data
        if self.stock is not None:
            data = {**data, "stock": self.stock}
        return json.dumps(data, indent=1) + "\n"

    def html(self) -> str:
        """Return the report as a page of HTML."""
        from ._html import page

        return page(self.data, self.stock)

    def table(self, rows: int = 12) -> str:
        """Return the report as text, with so many rows in each part."""
        data, stock = self.data, self.stock
        out = []
        if stock is not None:
            out.append("stock: " + headline(stock))
            out.append("this:  " + headline(data))
        else:
            out.append(headline(data))
        for name, title, _ in GROUPS:
            counted = merge(data, stock, name)
            if not counted:
                continue
            out.append("")
            heads = f"{'stock':>9}{'this':>9}  pages" if stock else f"{'pages':>9} "
            out.append(f"{heads} by {title}")
            out += [row(pages, before, label, stock) for label, pages, before in counted[:rows]]
            if rest := counted[rows:]:
                pages, before = sum(each[1] for each in rest), sum(each[2] for each in rest)
                out.append(row(pages, before, f"({len(rest)} others)", stock))
        beside = self.immortal_pages - self.violating_pages
        out += [
            "",
            f"writes to immortal objects: {self.violating_pages:,}",
            f"writes beside them, into pages that hold some: {beside:,}",
            f"writes into pages of immortal code: {self.code_pages:,}",
        ]
        out += [f"note: {note}" for note in data["notes"]]
        return "\n".join(out) + "\n"
