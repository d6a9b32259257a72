"""What the tools share: folders of the cache are made once, other programs fail in one line."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from buildtool.core import cache, lists, process
from buildtool.core.errors import BuildError


def test_folder_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "kept" / "thing"
    made = []

    def make(new: Path, work: Path) -> str:
        assert new.is_dir() and work.is_dir() and not folder.exists()
        (work / "scratch").touch()
        (new / "file").write_text("content")
        made.append(threading.get_ident())
        return "a record\n"

    threads = [threading.Thread(target=cache.once, args=(folder, make)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert cache.once(folder, make) == folder
    assert (folder / "file").read_text() == "content"
    assert (tmp_path / "kept" / "thing.txt").read_text() == "a record\n"
    names = {path.name for path in folder.parent.iterdir()}
    assert names == {"thing", "thing.txt", "thing.lock"}


def test_list_of_names(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text("# a comment\none\n\ntwo  # another\n")
    assert lists.read(file) == ["one", "two"]
    with pytest.raises(OSError, match="nowhere"):
        lists.read(tmp_path / "nowhere")


def test_folder_that_can_not_be_made(tmp_path: Path) -> None:
    folder = tmp_path / "thing"

    def fail(new: Path, work: Path) -> str:
        (new / "half").touch()
        raise BuildError("no")

    with pytest.raises(BuildError, match="no"):
        cache.once(folder, fail)
    assert [path.name for path in tmp_path.iterdir()] == ["thing.lock"]
    assert cache.once(folder, lambda new, work: "").is_dir()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit('first\\nlast')", "last"),
        ("import sys; sys.exit(3)", "exit status 3"),
        ("import os; os.kill(os.getpid(), 9)", "exit status -9"),
    ],
)
def test_reason_of_a_failure(code: str, reason: str) -> None:
    with pytest.raises(BuildError) as caught:
        process.run([sys.executable, "-c", code], "it can't be done")
    assert str(caught.value) == f"it can't be done: {reason}"


def test_programs_that_do_not_start_or_end(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"it can't be done: .*No such file"):
        process.run([str(tmp_path / "missing")], "it can't be done")
    with pytest.raises(BuildError, match=r"it can't be done: .*timed out after 0\.1 seconds"):
        process.run([sys.executable, "-c", "import time; time.sleep(60)"], "it can't be done",
                    timeout=0.1)  # fmt: skip
    assert process.run([sys.executable, "-c", "print('said')"], "it can't be done") == "said\n"


def test_environment_without_that_of_our_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/somewhere")
    monkeypatch.setenv("OTHER", "kept")
    found = process.clean_environment()
    assert "PYTHONHOME" not in found and found["OTHER"] == "kept"
