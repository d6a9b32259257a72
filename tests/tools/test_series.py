"""The series tool: import and export, on a small source with three small patches."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from buildtool.core.git import decode
from buildtool.series import order, patchfile
from buildtool.series.repository import Base
from tools.tiny_series import bring, change, commit, content, git, replace, run

Refused = Callable[..., str]


def test_names_come_from_subjects(patches: Path) -> None:
    assert order.read(patches / "series").names == [
        "mark-the-twentieth-line-one-of-a-great-many-lines-that-the.patch",
        "tidy-up-ber-all.patch",
        "count-more.patch",
    ]
    assert patchfile.read(patches / "tidy-up-ber-all.patch").subject == "Tidy up \xfcber all"


def test_export_after_import_changes_no_byte(patches: Path, tmp_path: Path) -> None:
    before = content(patches)
    assert run(patches, "import", str(tmp_path / "again")) == 0
    assert run(patches, "export", str(tmp_path / "again")) == 0
    assert content(patches) == before


def test_import_gives_back_the_tree(patches: Path, tree: Path, tmp_path: Path) -> None:
    assert run(patches, "import", str(tmp_path / "again")) == 0
    assert git(tmp_path / "again", "rev-parse", "HEAD^{tree}") == git(
        tree, "rev-parse", "HEAD^{tree}"
    )
    assert git(tmp_path / "again", "ls-files", "--stage", "configure").startswith("100755")
    assert git(tmp_path / "again", "status", "--porcelain") == ""


def test_imported_tree_ignores_what_a_build_leaves(patches: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    assert run(patches, "import", str(again)) == 0
    for name in ("Lib/__pycache__/x.cpython-311.pyc", "Objects/object.o", "Makefile", "x.orig"):
        (again / name).parent.mkdir(exist_ok=True)
        (again / name).write_text("")
    assert git(again, "status", "--porcelain") == ""


def test_import_gives_the_same_commits_each_time(patches: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run(patches, "import", str(tmp_path / name)) == 0
    assert git(tmp_path / "one", "rev-parse", "HEAD") == git(tmp_path / "two", "rev-parse", "HEAD")


def test_patches_apply_with_patch_as_well(patches: Path, base: Base, tmp_path: Path) -> None:
    if shutil.which("patch") is None:
        pytest.skip("patch is not installed; the tools need git alone")
    plain = tmp_path / "plain"
    with tarfile.open(base.archive) as tar:
        tar.extractall(plain)
    for name in order.read(patches / "series").names:
        command = ["patch", "-p1", "--fuzz=0", "--forward", "--batch", "-i", str(patches / name)]
        subprocess.run(command, cwd=plain / "Python-0", check=True)
    assert "int more" in (plain / "Python-0/Objects/object.c").read_text()
    assert (plain / "Python-0/Lib/test_new.py").exists()
    assert not (plain / "Python-0/README").exists()


def test_patch_text_has_nothing_that_churns(patches: Path) -> None:
    for path in patches.glob("*.patch"):
        text = decode(path.read_bytes())
        assert text.startswith("From 0000000000000000000000000000000000000000 ")
        assert "\nindex " not in text
        assert "Patch-File" not in text
        assert "[PATCH]" in text


def test_new_subject_keeps_the_file_name(patches: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    run(patches, "import", str(again))
    message = git(again, "log", "-1", "--format=%B").replace("Count more", "Count [much] more")
    git(again, "commit", "--amend", "--message", message)
    before = content(patches)
    assert run(patches, "export", str(again)) == 0
    after = content(patches)
    assert [name for name in after if after[name] != before[name]] == ["count-more.patch"]
    assert patchfile.read(patches / "count-more.patch").subject == "Count [much] more"


def test_new_commit_joins_the_group_before_it(patches: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    run(patches, "import", str(again))
    last = git(again, "rev-parse", "HEAD").strip()
    git(again, "reset", "--hard", "HEAD^")
    (again / "Lib/x.py").write_text("x = 1\n")
    bring(again, "x", "Library")
    commit(again, "Add x")
    git(again, "cherry-pick", last)
    assert run(patches, "export", str(again)) == 0
    assert (patches / "series").read_text().splitlines()[2:] == [
        "# Mechanism",
        "mark-the-twentieth-line-one-of-a-great-many-lines-that-the.patch",
        "tidy-up-ber-all.patch",
        "add-x.patch",
        "",
        "# The rest",
        "count-more.patch",
    ]
    assert run(patches, "check") == 0


def test_dropped_commit_drops_its_file_and_heading(patches: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    (patches / "NOTES").write_text("kept\n")
    run(patches, "import", str(again))
    git(again, "reset", "--hard", "HEAD^")
    assert run(patches, "export", str(again)) == 0
    assert not (patches / "count-more.patch").exists()
    assert "The rest" not in (patches / "series").read_text()
    assert (patches / "NOTES").read_text() == "kept\n"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("a b c", "# top\n\n# one\na\nb\n\n# two\nc\n# end\n"),
        ("c a b", "# top\n\n\n# two\nc\n# one\na\nb\n# end\n"),
        ("a c b", "# top\n\n# one\na\n\n# two\nc\n\nb\n# end\n"),
        ("n a", "# top\n\n# one\nn\na\n# end\n"),
        ("", "# top\n\n# end\n"),
    ],
)
def test_reorder_keeps_headings(names: str, expected: str) -> None:
    old = order.parse("# top\n\n# one\na\nb\n\n# two\nc\n# end\n")
    assert order.reorder(old, names.split()).text() == expected


def test_reorder_keeps_comments_after_names() -> None:
    old = order.parse("a  # first\nb\n")
    assert old.names == ["a", "b"]
    assert order.reorder(old, ["b", "a"]).text() == "b\na  # first\n"


def test_broken_patch_makes_no_repository(patches: Path, tmp_path: Path, refused: Refused) -> None:
    replace(patches / "count-more.patch", " int one;", " int none;")
    before = set(tmp_path.iterdir())
    line = refused("import", tmp_path / "again")
    assert "count-more.patch does not apply to tiny 0: Objects/object.c:1" in line
    assert set(tmp_path.iterdir()) == before


def test_import_leaves_what_is_there(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "again").mkdir()
    assert "exists" in refused("import", tmp_path / "again")
    assert list((tmp_path / "again").iterdir()) == []


def test_missing_patch_makes_no_repository(patches: Path, tmp_path: Path, refused: Refused) -> None:
    (patches / "count-more.patch").unlink()
    assert "count-more.patch" in refused("import", tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("dirty", "aren't committed"),
        ("merge", "is a merge"),
        ("binary", "changes a binary file"),
        ("fixup", "fold it in"),
        ("empty", "is no patch"),
        ("twice", "two commits are called"),
        ("untagged", "no git repository with a tag pristine"),
    ],
)
def test_export_refuses(tree: Path, refused: Refused, kind: str, complaint: str) -> None:
    if kind == "dirty":
        change(tree, "configure", "sh", "bash")
    elif kind == "merge":
        git(tree, "checkout", "--quiet", "-b", "side", "HEAD^")
        change(tree, "configure", "sh", "bash")
        commit(tree, "On the side")
        git(tree, "merge", "--quiet", "series")
    elif kind == "binary":
        (tree / "picture").write_bytes(b"\0\1\2")
        commit(tree, "Add a picture")
    elif kind == "empty":
        git(tree, "commit", "--allow-empty", "--message", "Nothing")
    elif kind == "untagged":
        git(tree, "tag", "--delete", "pristine")
    else:
        change(tree, "configure", "sh", "bash")
        commit(tree, {"fixup": "fixup! Count more", "twice": "Count more"}[kind])
    assert complaint in refused("export", tree)
