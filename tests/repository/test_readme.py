"""The README files keep their word: commands, files, examples, figures, the chart; and LICENSE."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import signal
import subprocess
import urllib.request
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from buildtool.core import pages, paths
from buildtool.recipe.options import OPTIONS
from checkout import tracked
from compiling import compile_with, config
from harness import TESTS, run, script
from waiting import free_port, wait_for

FIRST = paths.ROOT / "README.md"
PAGES = sorted(path for path in tracked() if path.suffix == ".md")
README = FIRST.read_text()
DESIGN = paths.ROOT / "Misc" / "DESIGN.md"
CHART = paths.ROOT / "Misc" / "chart"
TRACKED = {path.relative_to(paths.ROOT).parts for path in tracked()}
TOP_LEVEL = sorted({parts[0] + "/" * (len(parts) > 1) for parts in TRACKED if parts[0][0] != "."})
ENTRIES = sorted(path.name for path in (paths.ROOT / "build-scripts").glob("*.sh"))
ENTRIES.remove("bootstrap.sh")


def blocks(language: str, *pages: Path) -> list[str]:
    """Return the code blocks in *language* of *pages*."""
    pattern = re.compile(rf"^```{language}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    found = [block for page in pages for block in pattern.findall(page.read_text())]
    assert found
    return found


def commands() -> list[list[str]]:
    """Return the words of each command in the pages' shell blocks."""
    whole = [block.replace("\\\n", "") for block in blocks("sh", *PAGES)]
    lines = [line for block in whole for line in block.splitlines()]
    parts = [part for line in lines for part in line.split(" && ")]
    return [shlex.split(part, comments=True) for part in parts]


@cache
def help_of(*command: str) -> str:
    """Return what an entry of build-scripts/ says to --help."""
    entry = paths.ROOT / "build-scripts" / command[0]
    asked = [entry, *command[1:], "--help"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def measured(name: str) -> dict[str, dict[str, Any]]:
    """Return the measurements in the chart's *name*.json by their mode."""
    return {one["mode"]: one for one in json.loads((CHART / f"{name}.json").read_text())}


@pytest.fixture(scope="module")
def draw() -> SimpleNamespace:
    """The script that draws the chart."""
    return script(CHART / "draw.py")


# Commands, files, links


@pytest.mark.parametrize("entry", ENTRIES)
def test_options_of_commands_exist(entry: str) -> None:
    found = [line for line in commands() if line[0] == f"./build-scripts/{entry}"]
    assert found, f"no page shows {entry}"
    for line in found:
        assert os.access(paths.ROOT / line[0], os.X_OK)
        # The first word may be a command of its own: series.sh import
        of_its_own = entry in ("docker.sh", "release.sh", "series.sh")
        own = line[1:2] if of_its_own and not line[1].startswith("--") else []
        for word in line[1:]:
            if word.startswith("--"):
                assert word in help_of(entry, *own), line
        assert all(word in help_of(entry) for word in own), line


def test_options_of_build_exist() -> None:
    page = (paths.ROOT / "build-scripts" / "README.md").read_text()
    section = page.partition("## Building")[2].partition("\nConan 2")[0]
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", section))
    assert len(options) > 8
    assert {option for option in options - {"--help"} if option not in help_of("build.sh")} == set()


def test_options_of_recipe_exist() -> None:
    page = " ".join((paths.ROOT / "build-scripts" / "README.md").read_text().split())
    listed = page.partition("The recipe's options are ")[2].partition(";")[0]
    assert sorted(re.findall(r"`(\w+)`", listed)) == sorted(one.name for one in OPTIONS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(paths.ROOT)))
def test_files_exist(page: Path) -> None:
    tops = "|".join(re.escape(name) for name in TOP_LEVEL)
    named = set(re.findall(rf"(?<![\w./-])(?:\./)?((?:{tops})[\w./-]*[\w/])", page.read_text()))
    assert {name for name in named if not (paths.ROOT / name).exists()} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(paths.ROOT)))
def test_links_resolve(page: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_folder_is_named() -> None:
    assert [name for name in TOP_LEVEL if name != "README.md" and name not in README] == []


def listing(folder: Path) -> str:
    """Return the table of a folder's test modules: the first line of each docstring."""
    rows = ["| file | shows |", "| --- | --- |"]
    for file in sorted(folder.glob("test_*.py")):
        text = ast.get_docstring(ast.parse(file.read_text()))
        assert text, f"{file} has no docstring"
        rows.append(f"| `{file.name}` | {text.splitlines()[0].rstrip('.')} |")
    return "\n".join(rows)


def test_every_test_is_listed() -> None:
    """A block for each folder with test modules, and none in tests/ itself."""
    page = (TESTS / "README.md").read_text()
    modules = [path for path in tracked() if path.match("test_*.py")]
    folders = {path.parent for path in modules if path.is_relative_to(TESTS)}
    listed = {TESTS / name for name in re.findall(r"^## (\w+)/$", page, re.MULTILINE)}
    assert folders == listed
    for folder in sorted(folders):
        assert pages.block(folder.name, listing(folder)) in page, listing(folder)


# Examples


def test_server_example(patched: Path, tmp_path: Path) -> None:
    found = blocks("python", *PAGES)
    (code,) = (block for block in found if "serve_forever" in block)
    port = free_port()
    program = tmp_path / "server.py"
    program.write_text(code.replace("8000", str(port)))
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([patched, program], stderr=log, start_new_session=True)
    try:
        wait_for(port)
        for number in range(20):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{number}", timeout=60) as answer:
                assert answer.read() == f"customer {number}".encode()
        assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_other_examples(patched: Path) -> None:
    for code in blocks("python", FIRST, DESIGN):
        if "serve_forever" not in code:
            run(patched, code)


def test_c_example(patched: Path, tmp_path: Path) -> None:
    (code,) = blocks("c", DESIGN)
    source = tmp_path / "example.c"
    source.write_text(
        "#include <Python.h>\n"
        + code
        + 'PyMethodDef methods[] = {{"make_table", make_table, METH_NOARGS, 0}};\n'
    )
    found = config(patched)
    flags = ["-Wall", "-Wextra", "-Wno-missing-field-initializers", "-fsyntax-only"]
    compile_with([*shlex.split(found["CC"]), *flags, f"-I{found['include']}", str(source)])


# Figures and chart


def test_chart_is_what_the_script_draws(draw: SimpleNamespace) -> None:
    shares = {name: draw.shares((CHART / f"{name}.json").read_text()) for name in draw.COLOURS}
    assert draw.draw(shares) == (CHART / "copied.svg").read_text()
    shares["stock-3.11.2"]["nothing"] /= 2
    assert draw.draw(shares) != (CHART / "copied.svg").read_text()


def test_figures_are_those_of_the_measurement() -> None:
    stock, patched = measured("stock-3.11.2"), measured("patched-3.11.2")
    best = patched["immortalize"]
    text = " ".join(README.replace("`", "").split())
    for figure in (
        f"about {stock['nothing']['dirty'] / stock['nothing']['rss']:.0%}",
        f"about {stock['freeze']['dirty'] / stock['freeze']['rss']:.0%}",
        f"and {best['dirty'] / best['rss']:.1%} after gc.immortalize_heap()",
        f"a heap of {best['heap'] / 1e6:.0f} MB",
        f"is {best['dirty'] // 1024} KiB, {best['dirty'] / best['heap']:.2%} of the heap",
    ):
        assert figure.replace("%", " %") in text


# Licence


def test_licence_of_the_series_is_that_of_cpython(patched: Path) -> None:
    code = """import os
folder = os.path.dirname(os.__file__)
names = [os.path.join(folder, "LICENSE.txt"), os.path.join(folder, os.pardir, "LICENSE")]
print(open(next(filter(os.path.exists, names))).read(), end="")"""
    ours = (paths.ROOT / "LICENSE").read_text()
    assert ours.endswith(run(patched, code))
    assert "MIT licence" in ours and "Permission is hereby granted, free of charge" in ours
