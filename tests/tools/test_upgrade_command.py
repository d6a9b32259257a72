"""What build.sh --upgrade says: what changed, and what can not be upgraded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from buildtool.core import errors
from buildtool.install import place, upgrade
from buildtool.interpreter import inputs
from buildtool.interpreter.configuration import Configuration
from commands import build as call
from commands import error_line
from harness import run
from tools.installations import SITE


def test_bad_input(tmp_path: Path) -> None:
    assert error_line(call("--upgrade")) == (
        "error: --upgrade needs --prefix: the installation to upgrade"
    )
    missing = tmp_path / "nothing"
    assert error_line(call("--upgrade", "--prefix", str(missing))) == (
        f"error: {missing} is not an installation of ours; install without --upgrade"
    )
    assert not missing.exists()
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / place.MARKER).write_text('{"version": "3.11.15"}')
    assert error_line(call("--upgrade", "--prefix", str(newer))) == (
        f"error: {newer} has 3.11.15, which is newer than 3.11.2; use --version 3.11.15"
    )


@pytest.mark.parametrize(
    "content",
    [
        '{"version": "3.11.2+x"}',
        '{"version": 5}',
        '{"version": null}',
        '{"diffs": null}',
        '{"files": []}',
        "[]",
        "not JSON",
    ],
)
def test_damaged_marker(tmp_path: Path, content: str) -> None:
    marker = tmp_path / place.MARKER
    marker.write_text(content)
    wanted = Configuration()
    with pytest.raises(errors.BuildError) as caught:
        upgrade.check(tmp_path, wanted)
    assert str(caught.value) == (
        f"{marker} is damaged; put {{}} into it, and it counts as of an unknown version"
    )
    marker.write_text("{}")
    upgrade.check(tmp_path, wanted)


def test_nothing_to_upgrade(tmp_path: Path) -> None:
    wanted = Configuration(immortal=False)
    made = {"version": wanted.version, "fingerprint": wanted.fingerprint()}
    (tmp_path / place.MARKER).write_text(json.dumps(made))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / wanted.python.program).touch()
    ran = call("--stock", "--upgrade", "--prefix", str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    assert "nothing has changed" in ran.stderr
    assert {path.name for path in tmp_path.iterdir()} == {place.MARKER, "bin"}


def test_packages_of_another_minor_version(tmp_path: Path) -> None:
    (tmp_path / place.MARKER).write_text('{"version": "3.13.15"}')
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3.13").touch()
    for wanted in (
        Configuration(version="3.14.7", immortal=False),
        Configuration(version="3.13.15", immortal=False, free_threaded=True),
    ):
        with pytest.raises(errors.BuildError, match=r"has packages for python3\.13; use another"):
            upgrade.check(tmp_path, wanted)
    upgrade.check(tmp_path, Configuration(version="3.13.15", immortal=False))
    (tmp_path / place.MARKER).write_text('{"version": "3.15.0rc2"}')
    with pytest.raises(errors.BuildError, match=r"3\.15\.0rc2, which is newer than 3\.14\.7"):
        upgrade.check(tmp_path, Configuration(version="3.14.7", immortal=False))
    # A release is newer than its candidate.
    (tmp_path / place.MARKER).write_text('{"version": "3.15.0"}')
    with pytest.raises(errors.BuildError, match=r"3\.15\.0, which is newer than 3\.15\.0rc2"):
        upgrade.check(tmp_path, Configuration(version="3.15.0rc2", immortal=False))


def test_command_through_a_link(tmp_path: Path) -> None:
    """What was killed while it upgraded what the link points to is mended, beside that."""
    (tmp_path / "place").mkdir()
    (tmp_path / "link").symlink_to("place/python")
    old = tmp_path / "place" / ".python.old-1"
    old.mkdir()
    (old / place.MARKER).write_text('{"version": "3.11.15"}')
    assert error_line(call("--upgrade", "--prefix", str(tmp_path / "link"))) == (
        f"error: {tmp_path}/place/python has 3.11.15, which is newer than 3.11.2; "
        "use --version 3.11.15"
    )
    assert [path.name for path in (tmp_path / "place").iterdir()] == ["python"]


def test_changes() -> None:
    old: dict[str, Any] = {
        "version": "3.11.2",
        "configuration": "a",
        "diffs": {"x": "1", "y": "2"},
    }
    new = {"version": "3.11.15", "configuration": "b", "diffs": {"y": "3", "z": "4"}}
    assert upgrade.changes(old, new) == [
        "version: 3.11.2 -> 3.11.15",
        "configuration: a -> b",
        "patch added: z",
        "patch removed: x",
        "patch changed: y",
    ]
    assert upgrade.changes({"configuration": "b"}, new) == [
        "version: not recorded -> 3.11.15",
        "patches: the old installation has not recorded what they change",
    ]
    (line,) = upgrade.changes(new, new)
    assert line.startswith("rebuilt: ")


def test_record() -> None:
    found = upgrade.record(Configuration())
    assert found["version"] == "3.11.2"
    assert "gc-immortalize.patch" in found["diffs"]
    assert upgrade.record(Configuration(immortal=False))["diffs"] == {}


def test_change_of_a_patch_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Configuration()
    before = {**upgrade.record(wanted), "configuration": wanted.name}
    content = inputs._content
    changed = "gc-immortalize.patch"
    monkeypatch.setattr(
        inputs, "_content", lambda path: content(path) + b"+\n" * (path.name == changed)
    )
    after = {**upgrade.record(wanted), "configuration": wanted.name}
    assert upgrade.changes(before, after) == [f"patch changed: {changed}"]
    # What was installed before such hashes were kept: nothing is said that nobody knows.
    del before["diffs"]
    assert upgrade.changes(before, after) == [
        "patches: the old installation has not recorded what they change"
    ]


@pytest.mark.slow
def test_command(tmp_path: Path) -> None:
    """The command itself, with two builds; Conan has them if the other tests have run."""
    prefix = tmp_path / "python"
    assert call("--stock", "--prefix", str(prefix)).returncode == 0
    (prefix / SITE / "cart.py").write_text("")
    ran = call("--upgrade", "--prefix", str(prefix))
    assert ran.returncode == 0, ran.stderr
    assert "configuration: x86_64-gcc-stock -> x86_64-gcc" in ran.stderr
    assert "patch added: gc-immortalize.patch" in ran.stderr
    assert run(prefix / "bin/python3.11", "import cart, gc; print(gc.immortalize(1))") == "1\n"
