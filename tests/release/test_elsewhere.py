"""The archive as other tools fetch it: a step of a workflow, mise; what a release is of"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from buildtool.core import paths, targets
from buildtool.release import names
from commands import run_module

PAGE = (paths.ROOT / "Misc" / "RELEASES.md").read_text()
ADDRESS = re.compile(r"https://example\.org/pythons/cpython-[\w.%-]+\.tar\.gz")
MISE = "@jdxcode/mise-linux-x64@2026.9.15"
CODE = "import gc, sys; print(sys.prefix, gc.immortalize_heap() > 1000)"


def block(language: str, archive: Path, server: str) -> str:
    """Return the page's code in *language*, with the address of *archive* on *server*."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)
    address = f"{server}/{archive.name.replace('+', '%2B')}"
    changed, number = ADDRESS.subn(address, found)
    assert number == 1
    return changed


def environment(home: Path) -> dict[str, str]:
    """Return what a program needs that keeps all in *home*."""
    return {"HOME": str(home), "PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1"}


def test_step_of_a_workflow(archive: Path, server: str, tmp_path: Path) -> None:
    (step,) = yaml.safe_load(block("yaml", archive, server))
    added = tmp_path / "path"
    given = environment(tmp_path) | {"RUNNER_TEMP": str(tmp_path), "GITHUB_PATH": str(added)}
    # As Actions calls it.
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    subprocess.run(command, env=given, check=True)
    given["PATH"] = f"{added.read_text().strip()}:/usr/bin:/bin"
    later = said(given, tmp_path, "python3", "-c", CODE)
    assert later == f"{tmp_path / 'python'} True\n"


def said(environment: dict[str, str], cwd: Path, *command: Path | str) -> str:
    """Run *command* in *environment*; return what it printed."""
    ran = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def mise() -> Path:
    """The program, which npm has."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm, which brings mise, is not installed")
    place = paths.cache() / MISE.replace("/", "-").replace("@", "-").strip("-")
    found = place / "node_modules" / "@jdxcode" / "mise-linux-x64" / "bin" / "mise"
    if not found.exists():
        place.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-save", "--ignore-scripts", MISE]
        if subprocess.run(command, cwd=place, capture_output=True).returncode:
            pytest.skip(f"{MISE} can't be installed")
    return found


def test_mise_installs_it(mise: Path, archive: Path, server: str, tmp_path: Path) -> None:
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    text = block("toml", archive, server)
    assert text.count("CHECKSUM") == 1
    config = tmp_path / "mise.toml"
    given = environment(tmp_path) | {"MISE_YES": "1", "MISE_TRUSTED_CONFIG_PATHS": str(tmp_path)}
    config.write_text(text.replace("CHECKSUM", f"{int(digest[0] == '0')}{digest[1:]}"))
    ran = subprocess.run([mise, "install"], cwd=tmp_path, env=given, capture_output=True, text=True)
    assert ran.returncode and "checksum" in ran.stderr.lower(), ran.stderr
    config.write_text(text.replace("CHECKSUM", digest))
    said(given, tmp_path, mise, "install")
    printed = said(given, tmp_path, mise, "exec", "--", "python3", "-c", CODE)
    prefix, immortal = printed.split()
    assert (Path(prefix).name, immortal) == ("python", "True")
    assert Path(prefix).is_relative_to(tmp_path)


def test_targets_of_a_release() -> None:
    """One for each platform that there is a name for, in the list's order: the plain build."""
    ran = run_module("buildtool.cli.release", "targets")
    assert ran.returncode == 0, ran.stderr
    listed = json.loads(ran.stdout)["target"]
    assert listed[0] == targets.DEFAULT
    chosen = [targets.find(name) for name in listed]
    assert not [one for one in chosen if one.options or one.runner == "hosted"]
    platforms = [names.platform(one).triple for one in chosen]
    rows = targets.machines()["Linux"].values()
    assert {row["release"][0] for row in rows if "release" in row} <= {*platforms}
    assert len(platforms) == len({*platforms})


def test_scripts_of_the_workflow_say_what_they_take() -> None:
    for name in ("publish.sh", "upload.sh"):
        script = paths.ROOT / "ci" / name
        for arguments in ((), ("--help",), ("one", "two")):
            ran = subprocess.run([script, *arguments], capture_output=True, text=True)
            assert (ran.returncode, ran.stderr) == (0, "")
            assert ran.stdout.startswith(f"usage: ci/{name} ")
