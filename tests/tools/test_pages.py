"""The parts that pages and charts are made of: blocks, tables, SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from buildtool.core import markdown, pages, svg
from buildtool.core.errors import BuildError


def test_block_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{pages.block('one', 'old')}between\n{pages.block('two', 'kept')}")
    pages.replace(page, "one", "new")
    assert page.read_text() == (
        f"before\n{pages.block('one', 'new')}between\n{pages.block('two', 'kept')}"
    )
    with pytest.raises(BuildError, match="has no place for three"):
        pages.replace(page, "three", "new")


def test_table_has_a_cell_for_each_heading() -> None:
    made = markdown.table(("name", "a|b"), [("x", 1), ("y|z", "")])
    assert made.splitlines() == [
        "| name | a&#124;b |", "| --- | --- |", "| x | 1 |", "| y&#124;z |  |"
    ]  # fmt: skip


def test_chart_is_xml_whatever_it_says() -> None:
    body = [svg.text(1, 2, "a < b", "title", "end"), svg.bar(0, 0, 3, 4, "red")]
    tree = ET.fromstring(svg.page(10, 20, "this & that", "text {}", body))
    name = "{http://www.w3.org/2000/svg}"
    assert (tree.get("width"), tree.findtext(f"{name}title")) == ("10", "this & that")
    found = tree.find(f"{name}text")
    assert found is not None and found.text == "a < b"
    assert (found.get("class"), found.get("text-anchor")) == ("title", "end")
