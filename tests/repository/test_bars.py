"""What a stranger looks for first: no tricks with paths, pages and modules of a readable size."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from buildtool.core import paths
from checkout import python_files, tracked

PAGES = [path for path in tracked() if path.suffix == ".md"]
# Who says where modules are found, instead of lying where they are.
TRICKS = re.compile(
    r"\bsys\.path\.(insert|append|extend|remove)\b|\bsys\.path\[[^]]*\] *\+?=|\bsys\.path *\+?="
    r"|\bspec_from_file_location\b|\baddsitedir\b|PYTHONPATH"
)
WITHOUT_TRICKS = ("tests", "pyperformance-config", "docker", "Misc/chart", "Misc/workload")
TRICKS_ALLOWED = {
    "tests/repository/test_bars.py": "names them",
    "tests/cowtrace/conftest.py": "what pip installed comes before what the recipe installed",
    "tests/package/stock.py": "takes it away, for the installed package to be found",
    "tests/package/test_debian.py": "says it to a program in a root of its own",
    "tests/support/harness.py": "modules(): the one place that tells programs under test",
    "tests/test_package/check.py": "runs isolated, and is told where the built extension is",
    "pyperformance-config/counted/pyperf.py": "says how it takes pyperf's place",
}
LONGEST = 300


def name(path: Path) -> str:
    """Return a path as the repository has it."""
    return str(path.relative_to(paths.ROOT))


def test_first_page_is_read_to_the_end() -> None:
    lines = (paths.ROOT / "README.md").read_text().splitlines()
    assert len(lines) <= 200
    assert [line for line in lines if len(line) > 140] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_tables_fit(page: Path) -> None:
    rows = [line for line in page.read_text().splitlines() if line.startswith("|")]
    assert [row for row in rows if len(row) > 140] == []


def test_modules_lie_where_they_are_found() -> None:
    found = {
        name(path)
        for path in python_files()
        if name(path).startswith(WITHOUT_TRICKS) and TRICKS.search(path.read_text())
    }
    assert found == set(TRICKS_ALLOWED)


def test_no_test_module_is_imported() -> None:
    imported = re.compile(r"^\s*(?:from|import) +(?:[\w.]+\.)?(test_\w+|conftest)\b", re.MULTILINE)
    tests = [path for path in python_files() if name(path).startswith("tests/")]
    assert [name(path) for path in tests if imported.search(path.read_text())] == []


def test_no_star_stands_before_a_literal() -> None:
    """Where lines are to keep several items, "fmt: skip" says so to the formatter."""
    found = []
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Starred) and isinstance(node.value, ast.Tuple):
                found.append(f"{name(path)}:{node.lineno}")
            elif isinstance(node, ast.Dict):
                pairs = zip(node.keys, node.values, strict=True)
                if any(key is None and isinstance(value, ast.Dict) for key, value in pairs):
                    found.append(f"{name(path)}:{node.lineno}")
    assert found == []


def test_modules_are_short() -> None:
    long = [name(path) for path in python_files() if len(path.read_text().splitlines()) > LONGEST]
    assert long == []
