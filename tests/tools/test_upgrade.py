"""build.sh --upgrade: what was added stays, all or nothing happens, and it says what changed."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from buildtool.core import errors, paths
from buildtool.install import place as install
from buildtool.install import swap, upgrade
from buildtool.interpreter import build, inputs
from buildtool.interpreter.configuration import Configuration
from commands import build as call
from commands import error_line
from harness import modules, run

SITE = Path("lib", "python3.11", "site-packages")

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


def make_package(folder: Path, word: str) -> Path:
    """Make what a build gives, as far as an upgrade looks at it; *word* is in all its files."""
    for name in ("bin/python3.11", "bin/pip3", "lib/python3.11/os.py", f"lib/python3.11/{word}.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(word)
    (folder / SITE / "pip").mkdir(parents=True)
    (folder / SITE / "pip" / "__init__.py").write_text(word)
    (folder / "bin" / "python3").symlink_to("python3.11")
    return folder


ADDED = {
    "lib/python3.11/site-packages/shop/__init__.py": "shop",
    "lib/python3.11/sitecustomize.py": "sitecustomize",
    "bin/shop": "a script",
    "etc/shop/settings": "settings",
    "include/site/python3.11/shop.h": "a header",
    "environment/lib/python3.11/site-packages/cart.py": "cart",
}


def make_old(tmp_path: Path) -> Path:
    """Make an old installation with what a user adds to it."""
    prefix = tmp_path / "place" / "python"
    package = make_package(tmp_path / "old package", "old")
    install.install(package, prefix, "name", "old", [], {"version": "3.11.2", "diffs": {}})
    for name, content in ADDED.items():
        (prefix / name).parent.mkdir(parents=True, exist_ok=True)
        (prefix / name).write_text(content)
    (prefix / "bin/shop").chmod(0o755)
    (prefix / "environment/python").symlink_to("../bin/python3.11")
    (prefix / SITE / "pip/__init__.py").write_text("newer, by the user")
    return prefix


def check_added(prefix: Path) -> None:
    """Fail unless all that the user added is there."""
    assert {name: (prefix / name).read_text() for name in ADDED} == ADDED
    assert (prefix / "bin/shop").stat().st_mode & 0o777 == 0o755
    assert (prefix / SITE / "pip/__init__.py").read_text() == "newer, by the user"
    assert os.readlink(prefix / "environment/python") == "../bin/python3.11"
    assert (prefix / "bin/python3").resolve() == (prefix / "bin/python3.11").resolve()


def check_word(prefix: Path, word: str) -> None:
    """Fail unless what came with the package is as a whole that of *word*."""
    assert install.is_current(prefix, word)
    for name in ("bin/python3.11", "bin/pip3", "lib/python3.11/os.py", f"lib/python3.11/{word}.py"):
        assert (prefix / name).read_text() == word
    other = {"old": "new", "new": "old"}[word]
    assert not (prefix / "lib/python3.11" / f"{other}.py").exists()


def test_keeps_what_was_added(tmp_path: Path) -> None:
    prefix = make_old(tmp_path)
    package = make_package(tmp_path / "package", "new")
    install.install(package, prefix, "name", "new", complete=upgrade.keep)
    check_word(prefix, "new")
    check_added(prefix)
    assert [path.name for path in prefix.parent.iterdir()] == ["python"]


def test_what_the_old_package_brought_goes(tmp_path: Path) -> None:
    """What the new one has no more goes with the old one, unless the user has changed it."""
    package = make_package(tmp_path / "old package", "old")
    names = ["lib/libpython3.11.so.1.0", "include/gone/gone.h", "include/gone/changed.h"]
    for name in names:
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("old")
    (package / "lib/libpython3.11.so").symlink_to("libpython3.11.so.1.0")
    (package / "share/gone").mkdir(parents=True)
    (package / "share/gone/readme").write_text("old")
    prefix = tmp_path / "python"
    install.install(package, prefix, "name", "old")
    (prefix / "include/gone/changed.h").write_text("changed")
    (prefix / "include/gone/added.h").write_text("added")
    (prefix / "var/empty").mkdir(parents=True)
    new = make_package(tmp_path / "package", "new")
    install.install(new, prefix, "name", "new", complete=upgrade.keep)
    found = {str(path.relative_to(prefix)) for path in prefix.rglob("*")}
    come = {str(path.relative_to(new)) for path in new.rglob("*")} | {install.MARKER}
    kept = {"include", "include/gone", "include/gone/changed.h", "include/gone/added.h"}
    assert found == come | kept | {"var", "var/empty"}


@pytest.mark.parametrize(
    ("brought", "found", "expected"),
    [
        ("old", "old", "new"),  # as it came
        ("old", "mine", "mine"),  # changed
        ("old", None, None),  # removed
        (None, "mine", "mine"),  # from before there was one
        (None, None, "new"),
    ],
)
def test_settings_of_pip(
    tmp_path: Path, brought: str | None, found: str | None, expected: str | None
) -> None:
    package = make_package(tmp_path / "old package", "old")
    if brought:
        (package / "pip.conf").write_text(brought)
    prefix = tmp_path / "python"
    install.install(package, prefix, "name", "old")
    (prefix / "pip.conf").unlink(missing_ok=True)
    if found:
        (prefix / "pip.conf").write_text(found)
    new = make_package(tmp_path / "package", "new")
    (new / "pip.conf").write_text("new")
    install.install(new, prefix, "name", "new", complete=upgrade.keep)
    kept = prefix / "pip.conf"
    assert (kept.read_text() if kept.exists() else None) == expected


def test_no_site_packages(tmp_path: Path) -> None:
    prefix = make_old(tmp_path)
    shutil.rmtree(prefix / SITE)
    package = make_package(tmp_path / "package", "new")
    install.install(package, prefix, "name", "new", complete=upgrade.keep)
    check_word(prefix, "new")
    assert (prefix / SITE / "pip/__init__.py").read_text() == "new"
    assert (prefix / "bin/shop").read_text() == "a script"


def test_files_that_can_not_be_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are copied, with their modes and times, and by root with their owners."""

    def link(*args: Any, **options: Any) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    prefix = make_old(tmp_path)
    os.utime(prefix / "bin/shop", (1, 2))
    owner = 1000 if os.geteuid() == 0 else os.geteuid()
    os.chown(prefix / "bin/shop", owner, -1)
    monkeypatch.setattr(os, "link", link)
    package = make_package(tmp_path / "package", "new")
    install.install(package, prefix, "name", "new", complete=upgrade.keep)
    check_word(prefix, "new")
    check_added(prefix)
    found = (prefix / "bin/shop").stat()
    assert (found.st_mtime, found.st_uid) == (2, owner)


@contextlib.contextmanager
def mounted(place: Path, *options: str) -> Iterator[None]:
    """Mount a file system in memory, or what *options* say, on *place* meanwhile; or skip."""
    command = ["mount", *(options or ("-t", "tmpfs", "tmpfs")), str(place)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip(f"this can be done by root only, and not in every container: {command}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


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
            package = make_package(tmp_path / "package", "new")
            install.install(package, prefix, "name", "new", complete=upgrade.keep)
            check_word(prefix, "new")
            check_added(prefix)
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


@contextlib.contextmanager
def nobodys_place() -> Iterator[Path]:
    """A folder that can be reached by any user; skip unless this is root, who can be nobody."""
    if os.geteuid():
        pytest.skip("only root can act as another user")
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


@contextlib.contextmanager
def as_nobody(place: Path, roots: Path | None = None) -> Iterator[None]:
    """Be another user meanwhile, to whom all in *place* belongs but *roots*."""
    for path in (place, *place.rglob("*")):
        if path != roots:
            os.chown(path, 65534, 65534, follow_symlinks=False)
    os.setegid(65534), os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0), os.setegid(0)


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


MODES = {
    ".": 0o700,
    "bin": 0o2775,
    SITE: 0o2770,
    SITE / "shop": 0o500,
    "etc": 0o751,
}


@pytest.mark.parametrize("kept", [True, False])
def test_modes_of_folders_stay(tmp_path: Path, kept: bool) -> None:
    """A private installation stays private, also while it is being upgraded."""
    prefix = make_old(tmp_path)
    for name, mode in MODES.items():
        (prefix / name).chmod(mode)
    package = make_package(tmp_path / "package", "new")
    seen = []

    def complete(old: Path, new: Path) -> None:
        seen.append(stat.S_IMODE(new.stat().st_mode))
        if kept:
            upgrade.keep(old, new)

    install.install(package, prefix, "name", "new", [], {}, complete)
    check_word(prefix, "new")
    assert seen == [0o700]
    for name, mode in MODES.items():
        if (prefix / name).exists():
            assert stat.S_IMODE((prefix / name).stat().st_mode) == mode, name
    assert (prefix / "etc").exists() == kept
    assert stat.S_IMODE((prefix / "lib").stat().st_mode) == 0o755


def test_owners_stay(tmp_path: Path) -> None:
    """Root upgrades what belongs to others; what is new belongs to the owner of the whole."""
    if os.geteuid():
        pytest.skip("only root can give files to others")
    prefix = make_old(tmp_path)
    theirs = {".": 1000, "bin": 1001, "bin/shop": 1002, SITE: 1003, "etc/shop": 1004}
    for name, number in theirs.items():
        os.chown(prefix / name, number, number + 1000)
    package = make_package(tmp_path / "package", "new")
    install.install(package, prefix, "name", "new", complete=upgrade.keep)
    check_word(prefix, "new")
    theirs |= dict.fromkeys(("bin/python3.11", "bin/python3", install.MARKER), 1000)
    for name, number in theirs.items():
        found = (prefix / name).lstat()
        assert (found.st_uid, found.st_gid) == (number, number + 1000), name


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("name", ["link", "bin/.."])
def test_prefix_by_another_name(tmp_path: Path, name: str, kept: bool) -> None:
    """What the name stands for is upgraded, or installed anew; a link stays a link."""
    prefix = make_old(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(prefix)
    given = link if name == "link" else prefix / name
    complete = upgrade.keep if kept else None
    install.install(
        make_package(tmp_path / "package", "new"), given, "name", "new", [], {}, complete
    )
    check_word(prefix, "new")
    assert (prefix / "bin/shop").exists() == kept
    assert os.readlink(link) == str(prefix)
    assert [path.name for path in prefix.parent.iterdir()] == ["python"]
    assert not list(tmp_path.glob(".*"))


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


# What the command says


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
    (newer / install.MARKER).write_text('{"version": "3.11.15"}')
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
    marker = tmp_path / install.MARKER
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
    (tmp_path / install.MARKER).write_text(json.dumps(made))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / wanted.python.program).touch()
    ran = call("--stock", "--upgrade", "--prefix", str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    assert "nothing has changed" in ran.stderr
    assert {path.name for path in tmp_path.iterdir()} == {install.MARKER, "bin"}


def test_packages_of_another_minor_version(tmp_path: Path) -> None:
    (tmp_path / install.MARKER).write_text('{"version": "3.13.15"}')
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3.13").touch()
    for wanted in (
        Configuration(version="3.14.7", immortal=False),
        Configuration(version="3.13.15", immortal=False, free_threaded=True),
    ):
        with pytest.raises(errors.BuildError, match=r"has packages for python3\.13; use another"):
            upgrade.check(tmp_path, wanted)
    upgrade.check(tmp_path, Configuration(version="3.13.15", immortal=False))
    (tmp_path / install.MARKER).write_text('{"version": "3.15.0rc2"}')
    with pytest.raises(errors.BuildError, match=r"3\.15\.0rc2, which is newer than 3\.14\.7"):
        upgrade.check(tmp_path, Configuration(version="3.14.7", immortal=False))
    # A release is newer than its candidate.
    (tmp_path / install.MARKER).write_text('{"version": "3.15.0"}')
    with pytest.raises(errors.BuildError, match=r"3\.15\.0, which is newer than 3\.15\.0rc2"):
        upgrade.check(tmp_path, Configuration(version="3.15.0rc2", immortal=False))


def test_command_through_a_link(tmp_path: Path) -> None:
    """What was killed while it upgraded what the link points to is mended, beside that."""
    (tmp_path / "place").mkdir()
    (tmp_path / "link").symlink_to("place/python")
    old = tmp_path / "place" / ".python.old-1"
    old.mkdir()
    (old / install.MARKER).write_text('{"version": "3.11.15"}')
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
    stock = upgrade.record(Configuration(immortal=False))["diffs"]
    assert stock == {"cowtrace.patch": found["diffs"]["cowtrace.patch"]}


def test_change_of_what_stock_gets_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Configuration(immortal=False)
    before = {**upgrade.record(wanted), "configuration": wanted.name}
    content = inputs._content
    monkeypatch.setattr(inputs, "_content", lambda path: content(path) + b"+ a line\n")
    after = {**upgrade.record(wanted), "configuration": wanted.name}
    assert upgrade.changes(before, after) == ["patch changed: cowtrace.patch"]
    # What was installed before such hashes were kept: nothing is said that nobody knows.
    del before["diffs"]
    assert upgrade.changes(before, after) == [
        "patches: the old installation has not recorded what they change"
    ]


# Real interpreters


def test_from_stock_to_patched(stock: Path, patched: Path, tmp_path: Path) -> None:
    """An environment, a package and a script go on working, by another interpreter."""
    prefix = tmp_path / "python"
    install.install(stock.parents[1], prefix, "name", "old")
    python = prefix / "bin" / "python3.11"
    subprocess.run([python, "-m", "venv", tmp_path / "env"], check=True)
    for folder in (prefix, tmp_path / "env"):
        (folder / SITE / "cart.py").write_text("import gc\nABLE = hasattr(gc, 'immortalize')")
    script = prefix / "bin" / "cart"
    script.write_text(f"#!{python}\nimport cart\nprint(cart.ABLE)\n")
    script.chmod(0o755)

    def answers() -> list[str]:
        code = "import cart; print(cart.ABLE)"
        asked = (run(python, code), run(tmp_path / "env/bin/python", code))
        pip = [tmp_path / "env/bin/pip", "--version"]
        assert str(tmp_path / "env") in subprocess.run(pip, capture_output=True, text=True).stdout
        shown = subprocess.run([script], capture_output=True, text=True, check=True).stdout
        return [*asked, shown]

    assert answers() == ["False\n"] * 3
    install.install(patched.parents[1], prefix, "name", "new", complete=build._completed)
    assert answers() == ["True\n"] * 3


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
