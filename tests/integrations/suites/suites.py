"""The test suites of real packages, with a heap made immortal before the first test.

test_suites.py runs them with both interpreters, and compares them case by case. With --record it
puts the result into Misc/integrations/suites.json, from which table.py there makes a table.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import FIXED, MISC, TESTS, modules, site_packages

HERE = TESTS / "integrations" / "suites"
RESULT = MISC / "integrations" / "suites.json"
PYTEST = ("-m", "pytest", "-q", "-p", "recorder", "-p", "no:cacheprovider", "-p", "no:xdist")
# What of Django's tests: the parts of these names.
DJANGO = (
    "basic", "queries", "aggregation", "annotations", "expressions", "lookup", "many_to_many",
    "many_to_one", "model_fields", "model_forms", "forms_tests", "template_tests", "utils_tests",
    "serializers", "auth_tests", "sessions_tests", "middleware", "requests_tests",
    "urlpatterns_reverse", "signals", "sites_tests",
)  # fmt: skip


# What pytest takes for tests of lxml, and isn't: classes to derive from, and makers of suites.
LXML_BASES = (
    "_ETreeTestCaseBase", "_XmlFileTestCaseBase", "_IOTestCaseBase", "_XMLPullParserTest",
    "_ElementSlicingTest", "_C14NTest", "_XIncludeTestCase", "test_suite",
)  # fmt: skip
# Tests that end otherwise, all for one reason: they compare sys.getrefcount() of an immortal object
# (None, small numbers, what was there at the call) before and after something: it does not count.
KNOWN = (
    "::ErrorTestCase::test_element_cyclic_gc_none",  # lxml
    # NumPy
    "::TestArrayInterface::test_scalar_interface[",
    "::TestBincount::test_dtype_reference_leaks",
    "::TestCreationFuncs::test_for_reference_leak",
    "::TestLeaks::test_frompyfunc_leaks[",
    "::TestStructuredObjectRefcounting::",
)
# What compares times, and fails where others work at the same time.
TIMED = ("serializers.test_deserialization.TestDeserializer.test_crafted_xml_performance",)


@dataclass(frozen=True)
class Suite:
    """A package's tests: its source distribution, if its wheel lacks them, and what runs them."""

    command: tuple[str, ...]
    source: str = ""  # NAME==VERSION
    folder: str = "."  # in the source
    limit: int = 3  # hours


SUITES = {
    "attrs": Suite((*PYTEST, "tests"), "attrs==26.1.0"),
    "Jinja2": Suite((*PYTEST, "tests"), "jinja2==3.1.6"),
    "lxml": Suite(
        # -P: pytest imports the library's html, and not the folder of that name in lxml's.
        ("-P", *PYTEST, "tests", "-k", " and ".join(f"not {name}" for name in LXML_BASES)),
        "lxml==6.1.3",
        "src/lxml",
    ),
    "pydantic": Suite(
        (
            *PYTEST, "tests",
            *(f"--ignore=tests/{name}" for name in ("mypy", "pyright", "benchmarks")),
            *(f"--ignore=tests/{name}" for name in ("test_docs.py", "test_docs_extraction.py")),
            "--ignore=tests/typechecking",
        ),
        "pydantic==2.14.3",
    ),
    "httpx": Suite(
        # When an asynchronous generator is found that nobody closed is the collector's affair.
        (*PYTEST, "-W", "ignore::pytest.PytestUnraisableExceptionWarning", "tests"),
        "httpx==0.28.1",
    ),
    "SQLAlchemy": Suite(
        (
            *PYTEST, "test/base", "test/engine", "test/orm/declarative",
            *(f"test/sql/test_{name}.py" for name in ("compare", "compiler", "select", "types")),
        ),
        "sqlalchemy==2.1.9",
    ),
    "Django": Suite(
        ("-m", "django_tests", "runtests.py", "--parallel=1", "-v0", *DJANGO),
        "django==5.2.19",
        "tests",
    ),
    "NumPy": Suite(
        (
            *PYTEST, "-m", "not slow", "--pyargs",
            *(f"numpy._core.tests.test_{name}" for name in ("multiarray", "dtype", "numeric")),
            "numpy._core.tests.test_regression",
            *(f"numpy.lib.tests.test_{name}" for name in ("function_base", "io")),
        )
    ),
}  # fmt: skip


def source(python: Path, suite: Suite, folder: Path) -> Path:
    """Download and unpack the suite's source distribution; return where its tests are run."""
    name = suite.source.partition("==")[0]
    command = ["-m", "pip", "download", "--quiet", "--no-deps", f"--no-binary={name}"]
    subprocess.run([python, *command, f"--dest={folder}", suite.source], check=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    archive.unlink()
    (unpacked,) = folder.iterdir()
    # Beside lxml's tests lies lxml, not compiled: it is the installed one that they shall import.
    (unpacked / suite.folder / "__init__.py").unlink(missing_ok=True)
    return unpacked / suite.folder


def outcomes(python: Path, sites: Sequence[Path], suite: Suite, folder: Path) -> dict[str, str]:
    """Run the suite in *folder*, with modules of *sites*; return the outcome of each test."""
    with tempfile.TemporaryDirectory() as temporary:
        record = Path(temporary, "record")
        names = {**modules(HERE, *sites), "RECORDER_FILE": str(record)}
        ran = subprocess.run(
            [python, *suite.command],
            cwd=folder,
            env={**os.environ, **FIXED, **names},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=suite.limit * 3600,
        )
        assert record.exists(), f"status {ran.returncode}: {ran.stdout[-4000:]}"
        found: dict[str, str] = json.loads(record.read_text())
    assert len(found) > 500, ran.stdout[-4000:]
    return {test: outcome for test, outcome in found.items() if test not in TIMED}


def compare(name: str, patched: Path, stock: Path) -> dict[str, Any]:
    """Run a suite with both; return its counts in stock, and the tests that differ."""
    sites = (site_packages(patched, HERE / "suites.txt"),)
    return _compare(SUITES[name], (stock, sites), (patched, sites))


def compare_package(name: str, python: Path, package: Path) -> dict[str, Any]:
    """Run a suite with an interpreter, without and with the package, which lies in a folder."""
    site = site_packages(python, HERE / "suites.txt")
    return _compare(SUITES[name], (python, (site,)), (python, (package, site)))


def _compare(suite: Suite, *sides: tuple[Path, Sequence[Path]]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if suite.source:
            folder = source(Path(sys.executable), suite, folder)
        found = [outcomes(python, sites, suite, folder) for python, sites in sides]
    return summary(*found)


def summary(stock: dict[str, str], patched: dict[str, str]) -> dict[str, Any]:
    """Return how many tests ended how in stock, and the outcomes of those that differ."""
    tests = sorted(stock.keys() | patched.keys())
    pairs = {test: [stock.get(test, "absent"), patched.get(test, "absent")] for test in tests}
    differing = {test: pair for test, pair in pairs.items() if pair[0] != pair[1]}
    counts = dict(sorted(Counter(stock.values()).items()))
    return {"tests": len(tests), "outcomes": counts, "differing": differing}


def unknown(found: dict[str, Any]) -> set[str]:
    """Return the tests of a summary() that differ and aren't KNOWN."""
    return {test for test in found["differing"] if not any(known in test for known in KNOWN)}
