"""What an entry script does on a fresh machine: what can't be had, and ^C, take one line"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from buildtool.core import paths
from buildtool.interpreter import conan
from commands import build, error_line

SCRIPT = paths.ROOT / "build-scripts" / "build.sh"
NO_VENV = f'case "$*" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"\n'
NO_INDEX = """\
[ "$1" = update ] && echo 'W: Failed to fetch http://a.example  No address' >&2
echo 'E: Unable to locate package' >&2
exit 100
"""


def start(folder: Path, programs: dict[str, str], **environment: str) -> subprocess.Popen[str]:
    """Start build.sh in a session of its own, with a new cache, and with *programs* in its PATH."""
    for name, text in programs.items():
        (folder / "bin").mkdir(exist_ok=True)
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{text}")
        (folder / "bin" / name).chmod(0o755)
    return subprocess.Popen(
        [SCRIPT, "--list-targets"],
        env={
            **os.environ,
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "CPYTHON_IMMORTAL_CACHE": str(folder / "cache"),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # This process may have been started with ^C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_package_that_cannot_be_had(tmp_path: Path) -> None:
    ran = start(tmp_path, {"python3": NO_VENV, "apt-get": NO_INDEX})
    assert ran.communicate(timeout=60)[1].splitlines() == [
        "installing python3-venv",
        "error: python3-venv can't be installed: W: Failed to fetch http://a.example  No address",
    ]
    assert ran.returncode == 1
    assert not (tmp_path / "cache").exists()


def test_tools_that_cannot_be_had(tmp_path: Path) -> None:
    # No place to look for them, whatever this machine's settings of pip name.
    environment = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    ran = start(tmp_path, {}, **environment)
    making, error = ran.communicate(timeout=300)[1].splitlines()
    assert making.startswith("making the tools' virtual environment, ")
    said = (
        "error: the tools of requirements.txt can't be installed: ERROR: No matching distribution"
    )
    assert error.startswith(said)
    assert error.endswith(f"; full log: {tmp_path / 'cache' / 'venv.log'}")
    assert ran.returncode == 1


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock is not here")
def test_interrupt(tmp_path: Path) -> None:
    mark = tmp_path / "started"
    slow = f'case "$*" in "-m venv "*) touch {mark}; exec sleep 60;; esac\n'
    ran = start(tmp_path, {"python3": f'{slow}exec {sys.executable} "$@"\n'})
    while not mark.exists():
        assert ran.poll() is None
        time.sleep(0.05)
    os.killpg(ran.pid, signal.SIGINT)
    assert ran.communicate(timeout=60)[1].splitlines()[1:] == ["error: interrupted"]
    assert ran.returncode == 130


def test_cross_build_without_the_native_compiler(tmp_path: Path) -> None:
    compiler = tmp_path / "i686-linux-gnu-gcc"
    compiler.write_text("#!/bin/sh\n")
    compiler.chmod(0o755)
    ran = build("--stock", "--no-packages", "--target", "i686-gcc", PATH=str(tmp_path))
    said = "error: no compiler: target i686-gcc needs gcc; as root run: apt-get update && "
    assert error_line(ran).startswith(said)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not here")
def test_profile_of_a_time_without_a_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CPYTHON_IMMORTAL_CACHE", str(tmp_path))

    def detect(path: str) -> bool:
        """Let Conan detect this machine; tell whether the profile has a compiler then."""
        command = [Path(sys.executable).with_name("conan"), "profile", "detect"]
        env = {**os.environ, "CONAN_HOME": str(paths.conan_home()), "PATH": path}
        subprocess.run([*command, conan.how_to_detect()], env=env, check=True, capture_output=True)
        return "compiler=" in (paths.conan_home() / "profiles" / "default").read_text()

    assert not detect(str(tmp_path))
    assert conan.how_to_detect() == "--force"
    assert detect(os.environ["PATH"])
    assert conan.how_to_detect() == "--exist-ok"
