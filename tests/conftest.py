"""What all tests share: the interpreters, and the option --slow."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from buildtool.core import targets, versions
from buildtool.interpreter import build
from harness import Interpreters

# The files whose tests take seconds and tell most come first.
FIRST = ("test_lint.py", "test_series.py", "test_build_errors.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests marked slow")
    parser.addoption(
        "--record",
        action="store_true",
        help="tests/integrations: measure at full size, and keep the figures in Misc/integrations/",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> tuple[bool, int]:
        name = item.path.name
        place = FIRST.index(name) if name in FIRST else len(FIRST)
        return item.get_closest_marker("slow") is not None, place

    items.sort(key=rank)
    if config.getoption("--record"):
        for item in items:
            item.add_marker(pytest.mark.timeout(0), append=False)
    if not config.getoption("--slow"):
        skip = pytest.mark.skip(reason="takes many minutes; runs with --slow")
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(skip)


@pytest.fixture(scope="session")
def record(request: pytest.FixtureRequest) -> bool:
    """Whether what is measured is to be kept."""
    return bool(request.config.getoption("--record"))


@pytest.fixture(scope="session")
def interpreters(request: pytest.FixtureRequest) -> Interpreters:
    """A function that returns an interpreter, built by the recipe if it isn't current.

    It takes build.ensure's keywords: immortal, and debug, version, ... An environment variable
    (see build-scripts/test.sh) names a ready one for the plain and the debug builds, and for those
    of another version.
    """
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def get(*, immortal: bool, **options: object) -> Path:
        name = "CPYTHON_IMMORTAL_" + ("PATCHED" if immortal else "STOCK")
        of_version = set(options) <= {"version", "free_threaded"}
        if of_version and options:
            python = versions.Python(str(options["version"]), bool(options.get("free_threaded")))
            name += f"_{python.minor}{python.abi_flags}".replace(".", "_").upper()
        if options == {"debug": True}:
            name += "_DEBUG"
        if (of_version or options == {"debug": True}) and name in os.environ:
            return Path(os.environ[name])
        # A build takes minutes; its progress has to be seen.
        with capture.global_and_fixture_disabled():
            return build.ensure(targets.DEFAULT, immortal=immortal, **options)

    return get


@pytest.fixture(scope="session")
def stock(interpreters: Interpreters) -> Path:
    """The program of stock CPython."""
    return interpreters(immortal=False)


@pytest.fixture(scope="session")
def patched(interpreters: Interpreters) -> Path:
    """The program of CPython with the series."""
    return interpreters(immortal=True)


@pytest.fixture(scope="session")
def stock_of(interpreters: Interpreters) -> Callable[..., Path]:
    """A function that returns stock CPython of a minor version, the newest in conandata.yml.

    It is called with the minor version, and free_threaded=True for a build without the GIL.
    CPYTHON_IMMORTAL_STOCK_3_N, and _3_NT for one without the GIL, name a ready one.
    """

    def get(minor: str, free_threaded: bool = False) -> Path:
        version = versions.newest(versions.conan_data(), minor)
        kind = {"free_threaded": True} if free_threaded else {}
        return interpreters(immortal=False, version=version, **kind)

    return get


@pytest.fixture(scope="session")
def patched_of(interpreters: Interpreters) -> Callable[[str], Path]:
    """A function that returns CPython of a minor version with the series for it.

    CPYTHON_IMMORTAL_PATCHED_3_N names a ready one.
    """

    def get(minor: str) -> Path:
        return interpreters(immortal=True, version=versions.newest(versions.conan_data(), minor))

    return get


@pytest.fixture(scope="session")
def stock_debug(interpreters: Interpreters) -> Path:
    """The program of stock CPython, a debug build."""
    return interpreters(immortal=False, debug=True)


@pytest.fixture(scope="session")
def patched_debug(interpreters: Interpreters) -> Path:
    """The program of CPython with the series, a debug build."""
    return interpreters(immortal=True, debug=True)
