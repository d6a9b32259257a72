"""What an interpreter is made from is listed once, as the recipe has it."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest
from buildtool.core import paths, targets, versions
from buildtool.interpreter import configuration, inputs
from buildtool.interpreter.configuration import Configuration
from buildtool.matrix import examine
from buildtool.matrix.examine import NOT_RUN, PASSED, Result
from buildtool.recipe import exported

DATA = versions.conan_data()
SERIES = versions.series(DATA, versions.default())
COPIED = ("build-scripts", "ci", "Misc/cowtrace", "patches", "conanfile.py", "conandata.yml")


def taken() -> set[Path]:
    """Return the files that conanfile.py exports."""
    tree = ast.parse((paths.ROOT / "conanfile.py").read_text())
    patterns: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith("exports"):
            patterns += eval(ast.unparse(node.value), {"exported": exported})
    assert len(patterns) > 20
    return exported.files(paths.ROOT, *patterns)


def test_recipe_exports_what_is_listed() -> None:
    """All that the recipe takes along is an input; what else is one, Conan knows by itself."""
    listed = {
        path
        for target in targets.load().values()
        if target.profile
        for version in DATA["sources"]
        for path in inputs.inputs(target, version)
    }
    known = {paths.ROOT / "conanfile.py"}
    known |= {path for path in listed if path.is_relative_to(paths.ROOT / "ci" / "profiles")}
    known |= {path for path in listed if path.is_relative_to(paths.ROOT / "ci" / "conan")}
    orders = {paths.series_folder(name) / "series" for name in versions.all_series(DATA)}
    assert taken() - orders == listed - known


def test_recipe_needs_no_module_that_is_not_exported() -> None:
    known = taken()
    for path in known:
        if path.suffix == ".py" and path.is_relative_to(paths.ROOT / "build-scripts"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and node.level:
                    folder = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
                    modules = [folder / one.name for one in node.names]
                    if folder.with_suffix(".py").exists():
                        modules = [folder]
                    assert {module.with_suffix(".py") for module in modules} <= known, path


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what an interpreter is made from, in which the tools look."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        source = paths.ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=ignored)
        else:
            shutil.copy(source, tmp_path / name)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(configuration, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "old"),
    [
        ("ci/windows/include/msvc.h", {"x86_64-windows-msvc", "x86_64-windows-cl"}),
        ("build-scripts/buildtool/windows/msbuild.py", {"x86_64-windows-msvc"}),
        ("build-scripts/buildtool/recipe/sysroot.py", {"s390x-gcc", "x86_64-gcc"}),
        ("build-scripts/buildtool/recipe/toolchain.py", {"s390x-gcc", "x86_64-gcc"}),
        ("build-scripts/buildtool/core/apt.py", {"s390x-gcc", "x86_64-gcc"}),
        ("build-scripts/packages.txt", {"s390x-gcc", "x86_64-gcc"}),
        ("build-scripts/buildtool/matrix/upstream_build.py", {"x86_64-windows-cl"}),
        ("ci/profiles/s390x-gcc", {"s390x-gcc"}),
        ("ci/profiles/cross/gcc", {"s390x-gcc"}),
        ("ci/tests.toml", {"s390x-gcc", "x86_64-gcc", "x86_64-windows-msvc"}),
        ("patches/3.11/gc-immortalize.patch", {"s390x-gcc", "x86_64-gcc", "x86_64-windows-msvc"}),
    ],
)
def test_change_makes_a_result_old(
    checkout: Path, tmp_path: Path, changed: str, old: set[str]
) -> None:
    kept = tmp_path / "results"
    every = {name: targets.find(name) for name in old | {"x86_64-gcc", "x86_64-windows-msvc"}}
    for target in every.values():
        result = Result(target.name, examine.made_of(target), state=PASSED)
        examine.keep(result, kept)
    with (checkout / changed).open("a") as file:
        file.write("\n#\n")
    states = {name: examine.load(target, kept).state for name, target in every.items()}
    assert {states[name] for name in old} == {NOT_RUN}
    if "windows" in changed:
        assert states["x86_64-gcc"] == PASSED
    if changed.startswith("ci/profiles"):
        assert states["x86_64-windows-msvc"] == PASSED or "cross" in changed


@pytest.mark.parametrize(
    "name", ["recipe/sysroot.py", "recipe/toolchain.py", "core/apt.py", "series/order.py"]
)
def test_change_of_a_tool_makes_an_installation_old(checkout: Path, name: str) -> None:
    before = Configuration().fingerprint()
    with (checkout / "build-scripts" / "buildtool" / name).open("a") as file:
        file.write("#\n")
    assert Configuration().fingerprint() != before


def test_message_of_a_patch_makes_nothing_old(checkout: Path) -> None:
    target = targets.find("x86_64-gcc")

    def state() -> list[object]:
        made_of = examine.made_of(target)
        return [Configuration().fingerprint(), made_of, inputs.series_digest(SERIES)]

    before = state()
    patch = checkout / "patches" / SERIES / "gc-immortalize.patch"
    text = patch.read_bytes()  # the lines of Visual Studio's projects end by CR and LF
    patch.write_bytes(text.replace(b"Reason: ", b"Reason: well, ", 1))
    assert state() == before
    patch.write_bytes(text.replace(b"\n+", b"\n+ ", 1))
    assert not set(state()) & set(before)


def test_stock_gets_no_patch(checkout: Path) -> None:
    assert inputs.patches(SERIES, False) == []
    before = [Configuration(immortal=kind).fingerprint() for kind in (True, False)]
    with (checkout / "Misc" / "cowtrace" / "src" / "versions.h").open("a") as file:
        file.write("\n")
    after = [Configuration(immortal=kind).fingerprint() for kind in (True, False)]
    assert not set(before) & set(after)
