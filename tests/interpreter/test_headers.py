"""Python.h stays usable: every C and C++ standard, the limited API, no warning, same layout.

What stock's own headers can't compile without a warning is no fault of the series: such a
combination is skipped, by name.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from compiling import compile_with, config
from harness import TESTS, modules, run

COMPILERS = {"gcc": ("gcc", "g++"), "clang": ("clang", "clang++")}
STANDARDS = ("c11", "c17", "c++11", "c++17", "c++20")
LIMITED = {
    "full": [],
    "3.2": ["-DPy_LIMITED_API=0x03020000"],
    "3.11": ["-DPy_LIMITED_API=0x030b0000"],
}
WARNINGS = ["-O2", "-Wall", "-Wextra", "-Werror"]
ALIASING = ("-Wstrict-aliasing=1", "-Wstrict-aliasing=2", "-Wstrict-aliasing=3")
# Not asked for by name, and clean in stock: what strict projects add.
EXTRA = ["-Wpedantic", "-Wconversion", "-Wcast-qual", "-Wundef"]


def failure(compiler: str, standard: str, flags: list[str], include: str, source: str) -> str:
    """Compile headers/*source* in *standard*; return the messages, "" for none."""
    language = "c++" if "++" in standard else "c"
    command = [
        *[compiler, "-x", language, f"-std={standard}", *WARNINGS, *flags, f"-I{include}"],
        *["-c", str(TESTS / "interpreter/headers" / source), "-o", "/dev/null"],
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode or done.stderr else ""


@pytest.fixture(scope="module")
def includes(patched: Path, stock: Path) -> tuple[str, str]:
    """The include folders of patched and of stock."""
    return config(patched)["include"], config(stock)["include"]


def check(
    compiler: str,
    standard: str,
    flags: list[str],
    includes: tuple[str, str],
    source: str = "count.c",
) -> None:
    program = COMPILERS[compiler]["++" in standard]
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    message = failure(program, standard, flags, includes[0], source)
    if message and failure(program, standard, flags, includes[1], source):
        pytest.skip(f"stock's headers fail too: {program} -std={standard} {' '.join(flags)}")
    assert not message


@pytest.mark.parametrize("api", LIMITED)
@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_no_warning(compiler: str, standard: str, api: str, includes: tuple[str, str]) -> None:
    check(compiler, standard, LIMITED[api], includes)


@pytest.mark.parametrize("level", ALIASING)
@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_strict_aliasing(
    compiler: str, standard: str, level: str, includes: tuple[str, str]
) -> None:
    check(compiler, standard, [level], includes, "guard.c")


@pytest.mark.parametrize("flag", EXTRA)
@pytest.mark.parametrize("standard", ("c11", "c++17"))
@pytest.mark.parametrize("compiler", COMPILERS)
def test_stricter(compiler: str, standard: str, flag: str, includes: tuple[str, str]) -> None:
    check(compiler, standard, [flag], includes)


def test_check_can_fail(includes: tuple[str, str]) -> None:
    assert failure("gcc", "c11", ["-DPy_INCREF=boom"], includes[0], "guard.c")


def test_layout(patched: Path, stock: Path, tmp_path: Path) -> None:
    def layout(python: Path, flags: list[str]) -> str:
        found = config(python)
        program = tmp_path / "layout"
        source = str(TESTS / "interpreter/headers/layout.c")
        compile_with(
            [
                *[*shlex.split(found["CC"]), "-std=c11", *flags, f"-I{found['include']}"],
                *[source, "-o", str(program)],
            ]
        )
        return subprocess.run([program], capture_output=True, text=True, check=True).stdout

    for flags in ([], ["-DPy_TRACE_REFS"]):
        ours = layout(patched, flags)
        assert "PyObject.ob_refcnt is Py_ssize_t: 1" in ours
        assert ours == layout(stock, flags)


@pytest.mark.parametrize("standard", ("c11", "c++17"))
def test_result_runs(patched: Path, standard: str, tmp_path: Path) -> None:
    """The same source, built and used: None keeps its count, a list counts as always."""
    found = config(patched)
    cplusplus = "++" in standard
    compile_with(
        [
            *shlex.split(found["CXX" if cplusplus else "CC"]),
            *["-x", "c++" if cplusplus else "c", f"-std={standard}", *WARNINGS],
            *[*shlex.split(found["CCSHARED"]), "-shared", f"-I{found['include']}"],
            *[str(TESTS / "interpreter/headers/count.c"), "-o", str(tmp_path / "count.so")],
        ]
    )
    code = """if True:
    import count, sys
    before = sys.getrefcount(None)
    mortal = []
    for _ in range(1000):
        for obj in (None, True, False, 7, "", ()):
            assert count.touch(obj) is obj or obj is None
        assert count.touch(mortal) is mortal
    assert sys.getrefcount(mortal) == 2, sys.getrefcount(mortal)
    print(sys.getrefcount(None) - before)
    """
    assert run(patched, code, env=modules(tmp_path)) == "0\n"
