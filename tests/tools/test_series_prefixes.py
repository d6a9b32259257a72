"""The series tool: each prefix of a series builds and passes, and the work is resumed."""

from __future__ import annotations

from pathlib import Path

import pytest
from buildtool.cli import series
from buildtool.series import prefixes, repository
from buildtool.series.repository import Base
from tools.tiny_series import MESSAGE, change, commit, replace, run


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


@pytest.mark.slow
@pytest.mark.timeout(6 * 3600)
def test_real_series_builds_at_every_prefix() -> None:
    """Goes on where it was stopped: what passed is kept in .build/prefixes/."""
    series.main(["prefixes", "--debug"])
