"""build.sh --upgrade: what was added stays, all or nothing happens, and it says what changed."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from buildtool.install import place, upgrade
from buildtool.interpreter import build
from harness import run
from tools.installations import SITE, check_word, make_old, make_package, upgraded


def test_keeps_what_was_added(tmp_path: Path) -> None:
    prefix = make_old(tmp_path)
    upgraded(prefix, tmp_path)
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
    place.install(package, prefix, "name", "old")
    (prefix / "include/gone/changed.h").write_text("changed")
    (prefix / "include/gone/added.h").write_text("added")
    (prefix / "var/empty").mkdir(parents=True)
    new = make_package(tmp_path / "package", "new")
    place.install(new, prefix, "name", "new", complete=upgrade.keep)
    found = {str(path.relative_to(prefix)) for path in prefix.rglob("*")}
    come = {str(path.relative_to(new)) for path in new.rglob("*")} | {place.MARKER}
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
    place.install(package, prefix, "name", "old")
    (prefix / "pip.conf").unlink(missing_ok=True)
    if found:
        (prefix / "pip.conf").write_text(found)
    new = make_package(tmp_path / "package", "new")
    (new / "pip.conf").write_text("new")
    place.install(new, prefix, "name", "new", complete=upgrade.keep)
    kept = prefix / "pip.conf"
    assert (kept.read_text() if kept.exists() else None) == expected


def test_no_site_packages(tmp_path: Path) -> None:
    prefix = make_old(tmp_path)
    shutil.rmtree(prefix / SITE)
    package = make_package(tmp_path / "package", "new")
    place.install(package, prefix, "name", "new", complete=upgrade.keep)
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
    upgraded(prefix, tmp_path)
    found = (prefix / "bin/shop").stat()
    assert (found.st_mtime, found.st_uid) == (2, owner)


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

    place.install(package, prefix, "name", "new", [], {}, complete)
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
    place.install(package, prefix, "name", "new", complete=upgrade.keep)
    check_word(prefix, "new")
    theirs |= dict.fromkeys(("bin/python3.11", "bin/python3", place.MARKER), 1000)
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
    place.install(make_package(tmp_path / "package", "new"), given, "name", "new", [], {}, complete)
    check_word(prefix, "new")
    assert (prefix / "bin/shop").exists() == kept
    assert os.readlink(link) == str(prefix)
    assert [path.name for path in prefix.parent.iterdir()] == ["python"]
    assert not list(tmp_path.glob(".*"))


def test_from_stock_to_patched(stock: Path, patched: Path, tmp_path: Path) -> None:
    """An environment, a package and a script go on working, by another interpreter."""
    prefix = tmp_path / "python"
    place.install(stock.parents[1], prefix, "name", "old")
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
    place.install(patched.parents[1], prefix, "name", "new", complete=build._completed)
    assert answers() == ["True\n"] * 3
