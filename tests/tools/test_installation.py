"""Where an interpreter is installed: what may be replaced, and what a failed build leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from buildtool.core import errors, paths
from buildtool.install import place
from commands import build, error_line
from harness import modules


def test_no_disk_space(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(small)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small file system can be mounted by root only")
    try:
        prefix = tmp_path / "python"
        ran = build("--stock", "--prefix", str(prefix), CPYTHON_IMMORTAL_CACHE=str(small / "cache"))
        line = error_line(ran)
        assert line.startswith(f"error: no disk space: {small / 'cache'} has 0.1 GiB free and the ")
        assert not prefix.exists()
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_space_is_asked_of_the_nearest_folder_that_exists(tmp_path: Path) -> None:
    paths.require_space(tmp_path / "not" / "yet", 1)
    with pytest.raises(errors.BuildError, match="no disk space"):
        paths.require_space(tmp_path / "not" / "yet", 1 << 60)


def test_prefix_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("keep me")
    line = error_line(build("--stock", "--prefix", str(tmp_path)))
    assert (
        line == f"error: {tmp_path} exists and is not an installation of ours; use another --prefix"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_prefix_under_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for prefix in (tmp_path / "file", tmp_path / "file" / "python"):
        line = error_line(build("--stock", "--prefix", str(prefix)))
        assert line == f"error: {tmp_path / 'file'} is a file; use another --prefix"


def test_prefix_that_cannot_be_written_to() -> None:
    line = error_line(build("--stock", "--prefix", "/proc/python"))
    assert line.startswith("error: /proc can't be written to (")


@pytest.mark.parametrize("when", ["at once", "later"])
def test_interrupted_build_leaves_nothing_running(tmp_path: Path, when: str) -> None:
    """Also if the interrupt comes before anybody has begun to wait for the command."""
    code = """if True:
        import os, signal, sys, time
        from pathlib import Path
        from buildtool.core import errors, progress
        class Interrupted(progress.Progress):
            def _signs_of_life(self, state):
                while not os.path.exists("pid"):
                    time.sleep(0.01)
                os.kill(os.getpid(), signal.SIGTERM)
                return super()._signs_of_life(state)
        def command():
            kind = Interrupted if sys.argv[1] == "at once" else progress.Progress
            shown = kind(("build",), Path("log"))
            shown.stage("build")
            shell = "sleep 60 & echo $! > new; mv new pid; wait"
            shown.run(["sh", "-c", shell], env=os.environ, cwd=Path(), watch=lambda line: "")
        sys.exit(errors.exit_status(command))
        """
    command = [sys.executable, "-c", code, when]
    env = os.environ | modules(paths.ROOT / "build-scripts")
    with subprocess.Popen(
        command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True
    ) as started:
        pid = tmp_path / "pid"
        while not pid.exists():
            assert started.poll() is None
            time.sleep(0.05)
        if when == "later":
            started.terminate()
        _, stderr = started.communicate(timeout=20)
    assert started.returncode == 130
    assert stderr.splitlines()[-1] == "error: interrupted"
    for _ in range(100):
        if not runs(pid.read_text().strip()):
            break
        time.sleep(0.05)
    else:
        pytest.fail("what the command had started still runs")


def runs(pid: str) -> bool:
    """Tell whether a process has not ended; one that has may wait for init to take note of it."""
    try:
        state = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def test_failed_copy_leaves_the_old_installation(tmp_path: Path) -> None:
    prefix, package = tmp_path / "python", tmp_path / "package"
    prefix.mkdir()
    (prefix / place.MARKER).write_text('{"fingerprint": "old"}\n')
    package.mkdir()
    (package / "a").write_text("a")
    os.mkfifo(package / "b")  # what can't be copied
    with pytest.raises(errors.BuildError, match="it is as it was"):
        place.install(package, prefix, "name", "new")
    assert place.is_current(prefix, "old")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["package", "python"]


def test_package_without_an_interpreter(tmp_path: Path) -> None:
    """A target that is only compiled has one."""
    package = tmp_path / "package"
    (package / "licenses").mkdir(parents=True)
    (package / "licenses" / "LICENSE").write_text("text")
    place.install(package, tmp_path / "python", "name", "made of")
    assert (tmp_path / "python" / "licenses" / "LICENSE").read_text() == "text"
    assert place.interpreter(tmp_path / "python") == tmp_path / "python"


def test_new_installation_replaces_the_old_one(tmp_path: Path) -> None:
    prefix, package = tmp_path / "deep" / "python", tmp_path / "package"
    (package / "bin").mkdir(parents=True)
    (package / "bin" / "python3.11").touch()
    for content in ("1", "2"):
        (package / "file").write_text(content)
        place.install(package, prefix, "name", content)
        assert place.is_current(prefix, content)
        assert (prefix / "file").read_text() == content
    assert [path.name for path in prefix.parent.iterdir()] == ["python"]
