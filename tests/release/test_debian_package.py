"""release.sh deb: what is in the package; lintian; a clean root where it comes, runs and goes"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from buildtool.core import versions
from commands import output_of, run_module

PYTHON = versions.Python(versions.default())
PLACE = f"/opt/cpython-immortal/{PYTHON.minor}"
PACKAGE = f"cpython-immortal{PYTHON.minor}"


@pytest.fixture(scope="module")
def package(patched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the patched interpreter."""
    if shutil.which("dpkg-shlibdeps") is None:
        pytest.skip("dpkg-dev, which makes packages, is not installed")
    folder = tmp_path_factory.mktemp("package")
    command = ("deb", "--prefix", patched.parents[1], "--output", folder)
    ran = run_module("buildtool.cli.release", *command, limit=900, DEBEMAIL="builders@python.org")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (found,) = folder.iterdir()
    assert ran.stdout == f"{found}\n"
    return found


def test_contents(package: Path) -> None:
    listed = output_of("dpkg-deb", "--contents", package).splitlines()
    assert {line.split()[1] for line in listed} == {"root/root"}
    names = {line.split()[5].removeprefix(".").rstrip("/") for line in listed}
    assert f"{PLACE}/bin/{PYTHON.program}" in names
    outside = {name for name in names if not f"{name}/".startswith((f"{PLACE}/", "/usr/share/"))}
    assert outside == {"", "/opt", "/opt/cpython-immortal", "/usr"}
    depends = output_of("dpkg-deb", "--field", package, "Depends")
    assert re.search(r"\blibc6 \(>= 2\.\d+\)", depends)
    assert re.search(r"\blibssl3", depends)


def test_lintian_finds_no_error(package: Path) -> None:
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not installed")
    command = ["lintian", "--allow-root", "--fail-on", "error", package]
    ran = subprocess.run(command, capture_output=True, text=True)
    errors = [line for line in ran.stdout.splitlines() if line.startswith("E:")]
    assert (errors, ran.returncode) == ([], 0), ran.stdout + ran.stderr


@pytest.mark.slow
def test_comes_and_goes_in_a_clean_root(package: Path, tmp_path: Path) -> None:
    """Debian 12 by mmdebstrap: installed, run, a venv, removed without a rest."""
    if shutil.which("mmdebstrap") is None or os.getuid() != 0:
        pytest.skip("mmdebstrap is not installed, or this is not root")
    program = f"{PLACE}/bin/{PYTHON.program}"
    code = "import gc, ssl, sqlite3; print(gc.immortalize_heap() > 1000)"
    steps = {
        "install": f"apt-get install -qq -y --no-install-recommends /tmp/{package.name}",
        "run": f"{program} -c {shlex.quote(code)}",
        "compiled": f"ls {PLACE}/{PYTHON.library}/__pycache__",
        "venv": f"{program} -m venv /tmp/venv && /tmp/venv/bin/pip --version",
        "remove": f"apt-get purge -qq -y {PACKAGE}",
        "rest": f"find / -xdev -path '/opt/*' -o -xdev -path '/usr/*{PACKAGE}*'",
        "audit": "dpkg --audit",
    }
    hooks = [f"--customize-hook=copy-in {package} /tmp"]
    for name, step in steps.items():
        said = shlex.quote(str(tmp_path / name))
        hooks.append(f'--customize-hook=chroot "$1" sh -c {shlex.quote(step)} > {said}')
    command = ["mmdebstrap", "--quiet", "--format=null", "--variant=apt", *hooks, "bookworm", "-"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-4000:]
    said = {name: (tmp_path / name).read_text() for name in steps}
    assert said["run"] == "True\n"
    assert ".pyc" in said["compiled"]
    assert "/tmp/venv" in said["venv"]
    assert (said["rest"], said["audit"]) == ("", "")
