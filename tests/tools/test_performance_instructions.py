"""Patched takes no more instructions than it took last: the guard of every change.

pyperformance-config/README.md tells how they are counted, and why the tolerance is what it is.
"""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
from buildtool.cli import performance
from buildtool.core.errors import BuildError
from buildtool.performance import callgrind, instructions, programs, valgrind
from buildtool.performance.callgrind import Program

NAME = "x86_64-gcc"
KIB = 1024


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return dict(instructions.read()[NAME])


@pytest.fixture(scope="module")
def can_count() -> None:
    """Skip where there is no valgrind, and none to be had."""
    try:
        valgrind.command()
    except BuildError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def measured(
    patched: Path,
    stock: Path,
    recorded: dict[str, Any],
    can_count: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """The whole list, counted: a few minutes of two processors."""
    compiler = instructions.compiler(patched)
    if compiler != recorded["compiler"]:
        pytest.skip(f"nothing is recorded of {compiler}, only of {recorded['compiler']}")
    folder = tmp_path_factory.mktemp("callgrind")
    pair = {"stock": stock, "patched": patched}
    found = instructions.measure(pair, folder, 2, lambda _: None)
    print(instructions.table(found))  # for the README, by -rP
    return found


def test_no_ratio_rises(measured: dict[str, Any], recorded: dict[str, Any]) -> None:
    assert instructions.worse(measured, recorded) == []


def test_start_takes_no_more_memory(measured: dict[str, Any]) -> None:
    """Of its own 64 KiB at most; with the files' pages, which come in pieces, two pieces more."""
    assert instructions.more_memory(measured, "anonymous") <= 64 * KIB
    assert instructions.more_memory(measured, "rss") <= 192 * KIB


def test_a_risen_ratio_is_found(recorded: dict[str, Any]) -> None:
    """The guard can fail: for one program, for a geometric mean, for a program without a record."""
    assert instructions.worse(recorded, recorded) == []
    risen = copy.deepcopy(recorded)
    risen["programs"]["nbody"]["ratio"] += 0.007
    assert [line.split(":")[0] for line in instructions.worse(risen, recorded)] == ["nbody"]
    risen = copy.deepcopy(recorded)
    risen["geometric_means"]["benchmarks"] += 0.0016
    assert "geometric mean of the benchmarks" in instructions.worse(risen, recorded)[0]
    shorter = copy.deepcopy(recorded)
    del shorter["programs"]["richards"]
    assert "richards is not recorded" in instructions.worse(recorded, shorter)[0]


def test_record_agrees_with_itself() -> None:
    for name, one in instructions.read().items():
        assert list(one["programs"]) == [program.name for program in programs.PROGRAMS], name
        for entry in one["programs"].values():
            assert entry["ratio"] == round(entry["patched"] / entry["stock"], 4)
        for group, of in programs.GROUPS.items():
            mean = instructions.geometric_mean(one["programs"], of)
            assert one["geometric_means"][group] == round(mean, 4)


@pytest.mark.usefixtures("can_count")
def test_counting_is_repeatable(stock: Path, tmp_path: Path) -> None:
    """And what comes before the first loop isn't counted: twice the loops are twice the count."""
    script = "bm_loops/run_benchmark.py"
    once, twice = Program("singletons", script, loops=20), Program("singletons", script, loops=40)
    out = tmp_path / "out"
    with callgrind.laboratory({"stock": stock, "other": stock}, [once]) as places:
        counts = [callgrind.count(places[side], once, out) for side in ("stock", "stock", "other")]
        double = callgrind.count(places["stock"], twice, out)
    assert len(set(counts)) == 1
    assert double / counts[0] == pytest.approx(2, rel=0.01)
    found = callgrind.functions(out)
    assert sum(found.values()) == pytest.approx(double, rel=0.01)
    assert found.most_common(1)[0][0] == "_PyEval_EvalFrameDefault"
    assert not places["stock"].exists()


@pytest.mark.usefixtures("can_count")
def test_failure_is_one_line(stock: Path, tmp_path: Path) -> None:
    unknown = Program("x", "bm_none/run_benchmark.py")
    with (
        pytest.raises(BuildError, match="there is no benchmark"),
        callgrind.laboratory({"stock": stock}, [unknown]),
    ):
        pass
    broken = Program("broken", arguments=("-c", "raise SystemExit('in one line')"))
    with (
        callgrind.laboratory({"stock": stock}, [broken]) as places,
        pytest.raises(BuildError, match=r"broken can't be counted in .*: in one line$"),
    ):
        callgrind.count(places["stock"], broken, tmp_path / "out")


def test_list_is_fixed() -> None:
    with pytest.raises(BuildError, match="counts its own fixed list"):
        performance.main(["--instructions", "richards"])


def test_valgrind_is_fetched_where_there_is_none(
    stock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into the cache, and once; it counts as the machine's own does."""
    if not shutil.which("apt-get"):
        pytest.skip("no apt-get")
    which = shutil.which
    monkeypatch.setenv("CPYTHON_IMMORTAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(
        "buildtool.performance.valgrind.shutil.which",
        lambda name: name != "valgrind" and which(name),
    )
    command = valgrind.command()
    assert str(tmp_path / "cache" / "valgrind") in command[-1]
    assert valgrind.version(command).startswith("valgrind-3.")
    monkeypatch.setattr(valgrind, "_fetch", None)
    assert valgrind.command() == command
    program = Program("startup", arguments=("-S", "-c", "pass"))
    with callgrind.laboratory({"stock": stock}, [program]) as places:
        assert callgrind.count(places["stock"], program, tmp_path / "out") > 1_000_000


def test_no_valgrind_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CPYTHON_IMMORTAL_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="no valgrind, and it can't be had: "):
        valgrind.command()
    assert [path.name for path in tmp_path.iterdir()] == ["valgrind.lock"]
