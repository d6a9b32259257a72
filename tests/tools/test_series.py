"""The series tool: on a small source with small patches, and the real series on the real source."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from buildtool.cli import series
from buildtool.core import paths
from buildtool.core.errors import BuildError, exit_status
from buildtool.series import order, patchfile, prefixes, repository, rules
from buildtool.series.base import make_base
from buildtool.series.repository import Base

REAL = paths.ROOT / "patches" / "3.11"

MESSAGE = "{subject}\n\nSome words.\n\nReason: it is\nneeded.\n\nCost: none.\n\nTests: test_new\n"
FILES = {
    "Include/object.h": "".join(f"line {number};\n" for number in range(40)),
    "Objects/object.c": "int one;\nint two;\nint three;\n",
    "Lib/crlf.py": "one\r\ntwo\r\n",
    "Lib/latin.py": "# \xe9\n",
    "README": "read me\n",
    "configure": "#!/bin/sh\n",
}


@pytest.fixture
def base(tmp_path: Path) -> Base:
    """An archive like CPython's, with six files."""
    tree = tmp_path / "Python-0"
    for name, text in FILES.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(text.encode("latin-1"))
    (tree / "configure").chmod(0o755)
    archive = tmp_path / "Python-0.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tree, "Python-0")
    return Base("tiny 0", archive)


def git(folder: Path, *arguments: str) -> str:
    """Run git as a user would, with a setting that changes what it prints."""
    environment = os.environ | {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "diff.noprefix"}
    environment |= {"GIT_CONFIG_VALUE_0": "true"}
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": "Zo\xeb", f"GIT_{role}_EMAIL": "zoe@example.org"}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True).stdout.decode()


def change(tree: Path, name: str, old: str, new: str) -> None:
    """Replace *old* by *new* in a file that has it."""
    content = (tree / name).read_bytes()
    assert old.encode() in content
    (tree / name).write_bytes(content.replace(old.encode(), new.encode()))


def commit(tree: Path, subject: str, message: str = MESSAGE) -> None:
    git(tree, "add", "--all")
    git(tree, "commit", "--message", message.format(subject=subject))


def bring(tree: Path, name: str, section: str = "Core and Builtins") -> None:
    """Bring a test and an entry of the news, as a patch has to."""
    for place in (f"Lib/test/test_new/{name}.py", f"Misc/NEWS.d/next/{section}/{name}.rst"):
        (tree / place).parent.mkdir(parents=True, exist_ok=True)
        (tree / place).write_text(f"{name} = 1\n")


@pytest.fixture
def tree(base: Base, tmp_path: Path) -> Path:
    """A repository with three commits on the pristine source, of the kinds that patches have."""
    tree = tmp_path / "tree"
    repository.import_series(base, [], tree)
    change(tree, "Include/object.h", "line 20;", "line twenty;")
    bring(tree, "one")
    commit(tree, "Mark the twentieth line: one of a great many lines that the file has")
    (tree / "Lib/test_new.py").write_text("")
    (tree / "README").unlink()
    change(tree, "Lib/crlf.py", "two", "2")
    (tree / "Lib/latin.py").write_bytes(b"# \xe9\xff\n")
    bring(tree, "two", "Library")
    commit(tree, "Tidy up \xfcber all", MESSAGE)
    change(tree, "Include/object.h", "line twenty;", "line 20, at last;")
    change(tree, "Objects/object.c", "int two;", "int two; int more;")
    bring(tree, "three")
    commit(tree, "Count more")
    return tree


@pytest.fixture
def patches(tree: Path, tmp_path: Path, base: Base, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the three patches, in two groups; series.main() works on the tiny source."""
    folder = tmp_path / "patches"
    repository.write(repository.export(tree), folder)
    first, second, third = order.read(folder / "series").names
    (folder / "series").write_text(
        f"# The order of the patches.\n\n# Mechanism\n{first}\n{second}\n\n# The rest\n{third}\n"
    )
    monkeypatch.setattr(series, "make_base", lambda *_: base)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def run(patches: Path, *arguments: str) -> int:
    return exit_status(lambda: series.main(["--patches", str(patches), *arguments]))


def replace(path: Path, old: str, new: str) -> None:
    change(path.parent, path.name, old, new)


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
        text = patchfile.decode(path.read_bytes())
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


def refused(patches: Path, capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that has to fail; return the one line that it says."""
    before = content(patches)
    assert run(patches, *arguments) == 1
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert content(patches) == before
    return lines[0]


def test_broken_patch_makes_no_repository(
    patches: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    replace(patches / "count-more.patch", " int one;", " int none;")
    before = set(tmp_path.iterdir())
    line = refused(patches, capfd, "import", str(tmp_path / "again"))
    assert "count-more.patch does not apply to tiny 0: Objects/object.c:1" in line
    assert set(tmp_path.iterdir()) == before


def test_import_leaves_what_is_there(
    patches: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "again").mkdir()
    assert "exists" in refused(patches, capfd, "import", str(tmp_path / "again"))
    assert list((tmp_path / "again").iterdir()) == []


def test_missing_patch_makes_no_repository(
    patches: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (patches / "count-more.patch").unlink()
    assert "count-more.patch" in refused(patches, capfd, "import", str(tmp_path / "again"))
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
def test_export_refuses(
    patches: Path, tree: Path, capfd: pytest.CaptureFixture[str], kind: str, complaint: str
) -> None:
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
    assert complaint in refused(patches, capfd, "export", str(tree))


def test_check_is_content_with_a_good_series(patches: Path, base: Base) -> None:
    assert rules.problems(patches, base) == []
    assert run(patches, "check") == 0


SPOILED = [
    ("count-more.patch", "Reason: ", "Because ", 'no paragraph that starts with "Reason:"'),
    ("count-more.patch", "Reason: it is\nneeded.", "Reason:", 'that starts with "Reason:"'),
    ("count-more.patch", "\n\nCost: none.", "\nCost: none.", 'that starts with "Cost:"'),
    ("count-more.patch", "Count more", "", "the message has no subject"),
    ("count-more.patch", "Count more", "Count " * 13, "more than 72 columns"),
    ("count-more.patch", "\n\nTests: test_new", "", 'no line "Tests:"'),
    ("count-more.patch", "Lib/test/test_new/", "Lib/test/new/", "it changes no Lib/test/test_"),
    (
        "count-more.patch",
        "Tests: test_new",
        "Tests: test_gc",
        "none of those that it changes: test_",
    ),
    ("count-more.patch", "Misc/NEWS.d/next/", "Misc/news/", "no entry below Misc/NEWS.d/next/"),
    ("count-more.patch", "next/Core and Builtins/", "next/Core/", "the news have no section Core;"),
    ("count-more.patch", "next/Core and Builtins/", "next/Windows/", "Windows doesn't fit"),
    (
        "count-more.patch",
        "zoe@example.org",
        "me@example.org",
        "its author is Zo\xeb <me@example.org>",
    ),
    ("count-more.patch", "int more;", "int more; ", "Objects/object.c:2: trailing whitespace."),
    ("count-more.patch", "int more;", "int more;\r", "Objects/object.c:2: a carriage return"),
    ("count-more.patch", "int more;", "\tmore;", "Objects/object.c:2: a tab in C"),
    ("count-more.patch", "int more;", f"int {'m' * 70};", "Objects/object.c:2: a line of 84"),
    ("count-more.patch", " int one;", " int none;", "does not apply to tiny 0: Objects/object.c:1"),
    ("count-more.patch", "@@ -18,7 +18,7 @@", "@@ -17,7 +17,7 @@", "isn't in the form"),
    ("count-more.patch", "\ndiff --git a/Obj", "\nindex 12..34\ndiff --git a/Obj", "in the form"),
    ("count-more.patch", "diff --git", "differ", "is no patch in git's mail form"),
    ("tidy-up-ber-all.patch", "Tests: test_new", "Tests: all", "Tests: names 'all'"),
    ("series", "count-more.patch", "Count.diff", "'Count.diff' is no name for a patch"),
    ("series", "count-more.patch", "", "count-more.patch is there and isn't listed"),
    (
        "series",
        "count-more.patch",
        "count-less.patch",
        "count-less.patch is listed and isn't there",
    ),
    ("series", "count-more.patch", "count-more.patch\ncount-more.patch", "listed 2 times"),
]


@pytest.mark.parametrize(("name", "old", "new", "complaint"), SPOILED)
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


def test_prefix_result_depends_on_what_comes_before_it(patches: Path, base: Base) -> None:
    plan = prefixes.Plan(jobs=1, debug=False, again=False)
    before = prefixes.keys(base, repository.read_patches(patches), plan)
    name = "tidy-up-ber-all.patch"
    for old, new, same in (
        ("Some words", "Other words", [True, True, True]),
        ("Tests: test_new", "Tests: test_newer", [True, False, False]),
        ("+2", "+3", [True, False, False]),
    ):
        replace(patches / name, old, new)
        after = prefixes.keys(base, repository.read_patches(patches), plan)
        assert [one == other for one, other in zip(before, after, strict=True)] == same
        before = after


def test_prefixes_build_in_order_and_resume(
    patches: Path, base: Base, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """With a configure that writes a Makefile, and a Makefile that reads the source."""
    tree = tmp_path / "with-configure"
    repository.import_series(base, [], tree)
    (tree / "configure").write_text(
        # Long enough for git to see that the header is not as it was checked out.
        '#!/bin/sh\nsleep 1.1\nsource=$(dirname "$0")\n'
        'printf ".PHONY: all\\nall: object.o\\n\\tcp $source/Objects/object.c all\\n" > Makefile\n'
        'printf "object.o: $source/Include/Python.h\\n\\techo compiled | tee object.o\\n"'
        " >> Makefile\n"
        "printf '#!/bin/sh\\necho \"$@\"; grep -q more all\\n' > python; chmod +x python\n"
    )
    (tree / "Include/Python.h").write_text("")
    (tree / "Include/internal.h").write_text("int one;")
    commit(tree, "Configure", MESSAGE.partition("\n\nTests:")[0])
    change(tree, "Objects/object.c", "int two;", "int more;")
    commit(tree, "Say more", MESSAGE.replace("test_new", "test_more test_gc"))
    change(tree, "Objects/object.c", "int three;", "int 3;")
    change(tree, "Include/internal.h", "int one;", "int 1;")
    commit(tree, "Say 3", MESSAGE.replace("test_new", "test_three"))
    change(tree, "Objects/object.c", "int more;", "int less;")
    commit(tree, "Say less", MESSAGE.replace("test_new", "test_less"))
    repository.write(repository.export(tree), patches)
    place = tmp_path / "prefixes"
    for expected in ("passed, ", "passed before"):
        assert run(patches, "prefixes", "--dir", str(place)) == 1
        said = capfd.readouterr()
        assert f"[3/4] say-3.patch: {expected}" in said.out
        assert "error: [4/4] say-less.patch: test test_less failed" in said.err
    log = (place / "say-more.log").read_text()
    assert "-m test -j2 --timeout=1200 test_more test_gc" in log
    # No rule of the Makefile names internal.h.
    compiled = [
        name
        for name in ("say-more", "say-3", "say-less")
        if "compiled" in (place / f"{name}.log").read_text()
    ]
    assert compiled == ["say-3"]


needs_series = pytest.mark.skipif(
    not (REAL / "series").exists(), reason="patches/3.11/series isn't there"
)


@needs_series
def test_real_series_keeps_the_rules() -> None:
    assert rules.problems(REAL, make_base("3.11.2")) == []


@needs_series
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


@needs_series
def test_real_series_applies_over_debians_patches() -> None:
    _, rejects = rules.rebase(make_base("3.11.2", "debian"), repository.read_patches(REAL))
    assert rejects == []


@needs_series
@pytest.mark.slow
@pytest.mark.timeout(6 * 3600)
def test_real_series_builds_at_every_prefix() -> None:
    """Goes on where it was stopped: what passed is kept in .build/prefixes/."""
    series.main(["prefixes", "--debug"])
