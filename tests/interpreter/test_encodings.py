"""The encodings of the immortal count, for each word size and byte order.

No interpreter is built here for the foreign targets (matrix.sh does that): a program that has
nothing but the inline functions of Python.h runs there, natively or under QEMU, and tells what
machine it sees.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from compiling import compile_with, config, program
from harness import TESTS, complaints, run

# The compiler, the emulator (None: runs natively) and what the program has to see.
TARGETS = {
    "x86_64": ("gcc", None, "64 bits, little endian, alignment 8, size 16"),
    "i686": ("i686-linux-gnu-gcc", None, "32 bits, little endian, alignment 4, size 8"),
    "s390x": (
        "s390x-linux-gnu-gcc", "qemu-s390x-static",
        "64 bits, big endian, alignment 8, size 16",
    ),
    "powerpc": (
        "powerpc-linux-gnu-gcc", "qemu-ppc-static",
        "32 bits, big endian, alignment 4, size 8",
    ),
}  # fmt: skip


def test_encoding_here(patched: Path, tmp_path: Path) -> None:
    """On the interpreter's own machine, with its compiler and its configuration."""
    command = program(patched, TESTS / "interpreter/encodings/encodings.c", tmp_path / "encodings")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, complaints(done)) == (0, "")
    code = """if True:
        import struct, sys
        word = struct.calcsize("P")
        print(f"{8 * word} bits, {sys.byteorder} endian, alignment", end=" ")
        print(f"{struct.calcsize('cP') - word}, size {object.__basicsize__}")
        """
    assert done.stdout == run(patched, code)


@pytest.mark.parametrize(
    ("target", "option"),
    [
        *((target, level) for target in TARGETS for level in ("-O0", "-O2", "-O3")),
        # x86 has the test in assembly, in both of its dialects.
        ("x86_64", "-masm=intel"),
        ("i686", "-masm=intel"),
    ],
)
def test_encoding(target: str, option: str, patched: Path, tmp_path: Path) -> None:
    compiler, emulator, expected = TARGETS[target]
    for tool in (compiler, emulator):
        if tool and not shutil.which(tool):
            pytest.skip(f"{tool} is not installed (test.sh installs it where it can)")
    # Python.h looks for pyconfig.h beside itself first.
    headers = tmp_path / "include"
    shutil.copytree(config(patched)["include"], headers)
    shutil.copy(TESTS / "interpreter/encodings/pyconfig.h", headers)
    built = tmp_path / "encodings"
    compile_with(
        [
            *[compiler, "-static", "-std=c11", "-Wall", "-Wextra", option],
            *[f"-I{headers}", str(TESTS / "interpreter/encodings/encodings.c"), "-o", str(built)],
        ]
    )
    command = [emulator, str(built)] if emulator else [str(built)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == expected
