"""The series tool: check finds what is against the rules, and rebase-check what is rejected."""

from __future__ import annotations

from pathlib import Path

import pytest
from buildtool.cli import series
from buildtool.core import paths
from buildtool.core.errors import BuildError
from buildtool.series import repository, rules
from buildtool.series.base import make_base
from buildtool.series.repository import Base
from tools.tiny_series import change, commit, content, git, replace, run

REAL = paths.ROOT / "patches" / "3.11"


def test_check_is_content_with_a_good_series(patches: Path, base: Base) -> None:
    assert rules.problems(patches, base) == []
    assert run(patches, "check") == 0


SPOILED = {
    "count-more.patch": [
        ("Reason: ", "Because ", 'no paragraph that starts with "Reason:"'),
        ("Reason: it is\nneeded.", "Reason:", 'that starts with "Reason:"'),
        ("\n\nCost: none.", "\nCost: none.", 'that starts with "Cost:"'),
        ("Count more", "", "the message has no subject"),
        ("Count more", "Count " * 13, "more than 72 columns"),
        ("\n\nTests: test_new", "", 'no line "Tests:"'),
        ("Lib/test/test_new/", "Lib/test/new/", "it changes no Lib/test/test_"),
        ("Tests: test_new", "Tests: test_gc", "none of those that it changes: test_"),
        ("Misc/NEWS.d/next/", "Misc/news/", "no entry below Misc/NEWS.d/next/"),
        ("next/Core and Builtins/", "next/Core/", "the news have no section Core;"),
        ("next/Core and Builtins/", "next/Windows/", "Windows doesn't fit"),
        ("zoe@example.org", "me@example.org", "its author is Zo\xeb <me@example.org>"),
        ("int more;", "int more; ", "Objects/object.c:2: trailing whitespace."),
        ("int more;", "int more;\r", "Objects/object.c:2: a carriage return"),
        ("int more;", "\tmore;", "Objects/object.c:2: a tab in C"),
        ("int more;", f"int {'m' * 70};", "Objects/object.c:2: a line of 84"),
        (" int one;", " int none;", "does not apply to tiny 0: Objects/object.c:1"),
        ("@@ -18,7 +18,7 @@", "@@ -17,7 +17,7 @@", "isn't in the form"),
        ("\ndiff --git a/Obj", "\nindex 12..34\ndiff --git a/Obj", "in the form"),
        ("diff --git", "differ", "is no patch in git's mail form"),
    ],
    "tidy-up-ber-all.patch": [
        ("Tests: test_new", "Tests: all", "Tests: names 'all'"),
    ],
    "series": [
        ("count-more.patch", "Count.diff", "'Count.diff' is no name for a patch"),
        ("count-more.patch", "", "count-more.patch is there and isn't listed"),
        ("count-more.patch", "count-less.patch", "count-less.patch is listed and isn't there"),
        ("count-more.patch", "count-more.patch\ncount-more.patch", "listed 2 times"),
    ],
}


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [(name, *row) for name, rows in SPOILED.items() for row in rows],
)
def test_check_finds(
    patches: Path,
    capfd: pytest.CaptureFixture[str],
    name: str,
    old: str,
    new: str,
    complaint: str,
) -> None:
    replace(patches / name, old, new)
    assert run(patches, "check") == 1
    assert complaint in capfd.readouterr().out


def test_check_lets_a_long_line_be_replaced_by_one_no_longer(tree: Path, base: Base) -> None:
    for text in ("int " + "x" * 90 + ";", "int " + "y" * 90 + ";"):
        change(tree, "Objects/object.c", "int three;", "int three;\n" + text)
        commit(tree, f"Say {text[4]}")
    change(tree, "Objects/object.c", "y" * 90, "z" * 90)
    commit(tree, "Say z")
    found = [list(rules._added_lines(patch)) for patch in repository.export(tree)]
    assert [len(lines) for lines in found] == [0, 0, 0, 1, 1, 0]


def test_rebase_check_tells_what_is_rejected(
    patches: Path, tree: Path, base: Base, tmp_path: Path
) -> None:
    found = repository.read_patches(patches)
    assert rules.rebase(base, found) == ([], [])
    git(tree, "checkout", "--quiet", "pristine")
    change(tree, "Include/object.h", "line 1;", "line 1;\nline 1a;")
    change(tree, "Include/object.h", "line 17;", "line XVII;")
    later = tmp_path / "later.tgz"
    git(tree, "add", "--all")
    revision = git(tree, "stash", "create").strip()
    git(tree, "archive", "--prefix=Python-1/", f"--output={later}", revision)
    reduced, rejects = rules.rebase(Base("tiny 1", later), found)
    assert (len(reduced), rejects) == (2, [])
    change(tree, "Include/object.h", "line 20;", "line XX;")
    git(tree, "add", "--all")
    revision = git(tree, "stash", "create").strip()
    git(tree, "archive", "--prefix=Python-1/", f"--output={later}", revision)
    reduced, rejects = rules.rebase(Base("tiny 1", later), found)
    assert [line.split(" does ")[0] for line in rejects] == [found[0].name, found[2].name]


def test_rebase_check_says_which_source_is_missing(
    patches: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def no_source(*_: str) -> Base:
        raise BuildError("it can't be had")

    monkeypatch.setattr(series, "make_base", no_source)
    assert run(patches, "rebase-check", "3.11.15") == 1
    said = capfd.readouterr()
    assert said.out == "3.11.15: not checked: it can't be had\n"
    assert "3.11.15" in said.err


def test_real_series_keeps_the_rules() -> None:
    assert rules.problems(REAL, make_base("3.11.2")) == []


def test_real_series_round_trips(tmp_path: Path) -> None:
    copy = tmp_path / "patches"
    patches = repository.read_patches(REAL)
    repository.import_series(make_base("3.11.2"), patches, tmp_path / "tree")
    copy.mkdir()
    (copy / "series").write_bytes((REAL / "series").read_bytes())
    repository.write(repository.export(tmp_path / "tree"), copy)
    assert content(copy) == {
        name: data for name, data in content(REAL).items() if name in content(copy)
    }


def test_real_series_applies_over_debians_patches() -> None:
    _, rejects = rules.rebase(make_base("3.11.2", "debian"), repository.read_patches(REAL))
    assert rejects == []
