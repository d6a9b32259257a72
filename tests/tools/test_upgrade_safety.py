"""An upgrade that is killed, or meets mounts, other owners or a full disk: all of it or nothing."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from buildtool.core import errors, paths
from buildtool.install import place as install
from buildtool.install import swap, upgrade
from buildtool.interpreter import build
from harness import modules
from tools.installations import (
    SITE,
    as_nobody,
    check_added,
    check_word,
    make_old,
    make_package,
    mounted,
    nobodys_place,
    upgraded,
)

# A process that upgrades, and is killed at its Nth step that Python's audit hooks know of.
KILLED = """
import errno, os, signal, sys
from pathlib import Path
from buildtool.install import place, swap, upgrade
package, prefix, number, able = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
if able != "exchange":
    swap._exchange = lambda one, other: False
if able == "removal":
    rename = os.rename
    def os_rename(one, other):
        if one == prefix:
            raise OSError(errno.EXDEV, "as in a lower layer of overlayfs")
        rename(one, other)
    os.rename = os_rename
swap.recover(prefix)
def hook(event, arguments):
    global number
    if event in ("open", "os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "os.symlink"):
        number -= 1
        if number == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
place.install(package, prefix, "name", "new", [], {"version": "3.11.15"}, upgrade.keep)
"""


def test_lower_layer_of_an_overlay(tmp_path: Path) -> None:
    """As in an image: what lies in a layer below can't be renamed."""
    layers = tmp_path / "layers"
    layers.mkdir()
    with mounted(layers):
        lower, upper, work, place = (layers / name for name in ("lower", "upper", "work", "place"))
        for folder in (upper, work, place):
            folder.mkdir()
        prefix = place / make_old(lower).relative_to(lower)
        shutil.rmtree(lower / "old package")
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        with mounted(place, "-t", "overlay", "overlay", "-o", options):
            upgraded(prefix, tmp_path)
            assert [path.name for path in prefix.parent.iterdir()] == ["python"]


def test_mounts(tmp_path: Path) -> None:
    """Neither a volume in an installation nor one that it is itself can be replaced."""
    prefix = make_old(tmp_path).rename(tmp_path / "place" / "a python")
    package = make_package(tmp_path / "package", "new")
    for inside in ("lib/python3.11/site-packages", "."):
        for complete in (upgrade.keep, None):
            with mounted(prefix / inside):
                (prefix / inside / "data").write_text("data")
                (prefix / inside / install.MARKER).write_text("{}")
                with pytest.raises(errors.BuildError) as caught:
                    install.install(package, prefix, "name", "new", complete=complete)
                assert (prefix / inside / "data").read_text() == "data"
            assert str(caught.value) == (
                f"{prefix} is a mount point and can't be replaced; use --prefix {prefix}/python"
                if inside == "."
                else f"{prefix / inside} is mounted inside of {prefix}; unmount it meanwhile"
            )
            check_word(prefix, "old")
            check_added(prefix)


@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_file_of_roots(mode: int) -> None:
    """It can't be linked by another user: it is copied if it can be read, and named if not."""
    with nobodys_place() as place:
        prefix = make_old(place)
        package = make_package(place / "package", "new")
        roots = prefix / SITE / "shop/__init__.py"
        roots.chmod(mode)
        said = ""
        with as_nobody(place, roots):
            try:
                install.install(package, prefix, "name", "new", complete=upgrade.keep)
            except errors.BuildError as error:
                said = str(error)
        named = f"{prefix} can't be installed: {roots}: Permission denied; it is as it was"
        assert said == ("" if mode == 0o644 else named)
        check_word(prefix, "old" if said else "new")
        check_added(prefix)
        assert [path.name for path in prefix.parent.iterdir()] == ["python"]


def test_read_only_folders() -> None:
    """They stay so, and nothing of the old ones is left."""
    with nobodys_place() as place:
        prefix = make_old(place)
        for name in ("bin", SITE / "shop"):
            (prefix / name).chmod(0o555)
        package = make_package(place / "package", "new")
        with as_nobody(place):
            install.install(package, prefix, "name", "new", complete=upgrade.keep)
        check_word(prefix, "new")
        check_added(prefix)
        for name in ("bin", SITE / "shop"):
            assert stat.S_IMODE((prefix / name).stat().st_mode) == 0o555
        assert [path.name for path in prefix.parent.iterdir()] == ["python"]


def test_old_one_that_can_not_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it has to be before the new one takes its place, that is kept until it can."""
    prefix = make_old(tmp_path)
    whole = prefix.with_name(".python.whole-1")
    make_old(tmp_path / "other").rename(whole)
    (whole / "new").write_text("")
    with monkeypatch.context() as patch:
        patch.setattr(swap, "_remove", lambda folder: None)
        with pytest.raises(errors.BuildError, match="remove it, and run this again"):
            swap.recover(prefix)
    swap.recover(prefix)
    assert (prefix / "new").exists()
    check_added(prefix)
    assert [path.name for path in prefix.parent.iterdir()] == ["python"]


@pytest.mark.parametrize("way", ["exchange", "renames", "removal"])
def test_killed_at_any_step(tmp_path: Path, way: str) -> None:
    """The old or the new installation is there, and complete; the next try succeeds."""
    package = make_package(tmp_path / "package", "new")
    make_old(tmp_path)
    original = tmp_path / "original"
    (tmp_path / "place").rename(original)
    prefix = tmp_path / "place" / "python"
    env = os.environ | modules(paths.ROOT / "build-scripts")
    seen, number = [], 0
    while "finished" not in seen:
        number += 1
        shutil.rmtree(prefix.parent, ignore_errors=True)
        shutil.copytree(original, prefix.parent, symlinks=True)
        command = [sys.executable, "-c", KILLED, str(package), str(prefix), str(number), way]
        status = subprocess.run(command, env=env, check=False).returncode
        assert status in (0, -signal.SIGKILL)
        if way == "exchange":
            assert prefix.exists(), "there at any time"
        swap.recover(prefix)
        word = str(install.marker(prefix)["fingerprint"])
        check_word(prefix, word)
        check_added(prefix)
        assert [path.name for path in prefix.parent.iterdir()] == ["python"]
        seen.append(word if status else "finished")
        if not status:
            assert word == "new"
    assert "old" in seen and "new" in seen and number > 30


def test_leftovers_of_the_living_stay(tmp_path: Path) -> None:
    """As long as a process is at work, another one waits, and clears away only afterwards."""
    prefix = tmp_path / "python"
    left = tmp_path / ".python.new-1"
    waiting = threading.Thread(target=swap.recover, args=[prefix])
    with swap.alone(prefix):
        left.mkdir()
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive() and left.exists()
    waiting.join(60)
    assert list(tmp_path.iterdir()) == []


def test_number_of_the_killed_is_that_of_another_process(tmp_path: Path) -> None:
    prefix = make_old(tmp_path)
    prefix.rename(prefix.with_name(f".python.old-{os.getpid()}"))
    swap.recover(prefix)
    check_word(prefix, "old")
    check_added(prefix)


def test_new_one_that_does_not_run(tmp_path: Path) -> None:
    prefix = make_old(tmp_path)
    package = make_package(tmp_path / "package", "new")
    with pytest.raises(errors.BuildError, match="does not run"):
        install.install(package, prefix, "name", "new", complete=build._completed)
    check_word(prefix, "old")
    check_added(prefix)
    assert [path.name for path in prefix.parent.iterdir()] == ["python"]


def test_no_space(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    with mounted(place, "-t", "tmpfs", "-o", "size=1m", "tmpfs"):
        prefix = make_old(tmp_path)
        package = make_package(tmp_path / "package", "new")
        (package / "large").write_bytes(bytes(2 << 20))
        with pytest.raises(errors.BuildError, match="it is as it was"):
            install.install(package, prefix, "name", "new", complete=upgrade.keep)
        check_word(prefix, "old")
        check_added(prefix)
        assert [path.name for path in place.iterdir()] == ["python"]
