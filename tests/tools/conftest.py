"""What tests of a command share: interpreters with pyperf, and a series on a tiny source."""

from __future__ import annotations

import importlib.util
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from buildtool.cli import series
from buildtool.series import order, repository
from buildtool.series.repository import Base
from harness import MISC, run
from tools.tiny_series import FILES, MESSAGE, bring, change, commit, content
from tools.tiny_series import run as run_series


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """A function that makes an environment with pyperf and our workload, without a network."""
    spec = importlib.util.find_spec("pyperf")
    assert spec and spec.origin

    def make(python: Path) -> Path:
        folder = tmp_path_factory.mktemp("venv")
        run(python, "import sys, venv; venv.create(sys.argv[1])", str(folder))
        (site,) = folder.glob("lib/*/site-packages")
        (site / "pyperf").symlink_to(Path(spec.origin).parent)
        (site / "workload").symlink_to(MISC / "workload" / "workload")
        return folder / "bin" / "python"

    return make


@pytest.fixture(scope="module")
def pair(stock: Path, patched: Path) -> dict[str, Path]:
    return {"stock": stock, "patched": patched}


@pytest.fixture(scope="module")
def pythons(
    pair: dict[str, Path], environment: Callable[[Path], Path]
) -> dict[tuple[str, bool], Path]:
    made = {side: environment(python) for side, python in pair.items()}
    return {(side, ours): python for side, python in made.items() for ours in (True, False)}


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


@pytest.fixture
def refused(patches: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """A function that runs a command which has to fail; returns the one line that it says."""

    def call(*arguments: str | Path) -> str:
        before = content(patches)
        assert run_series(patches, *map(str, arguments)) == 1
        lines = capfd.readouterr().err.splitlines()
        assert len(lines) == 1
        assert lines[0].startswith("error: ")
        assert content(patches) == before
        return lines[0]

    return call
