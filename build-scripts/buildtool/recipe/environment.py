"""What configure and make are told by their environment, each time for one cause."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ..core import process
from ..core.errors import BuildError

# What configure can't find out by running a program of the target; these hold for all of Linux,
# and a profile's [buildenv] may say otherwise.
CROSS_ANSWERS = {
    "ac_cv_file__dev_ptmx": "yes",
    "ac_cv_file__dev_ptc": "no",
    "ac_cv_buggy_getaddrinfo": "no",
    "ac_cv_aligned_required": "no",
    "ac_cv_computed_gotos": "yes",
    "ac_cv_posix_semaphores_enabled": "yes",
    "ac_cv_broken_sem_getvalue": "no",
    "ac_cv_working_tzset": "yes",
    "ac_cv_pthread_is_default": "yes",
}

# How fast a loop is depends on where it happens to lie: binascii's decoder took up to 1.2 times as
# long for the function's lying 16 bytes further on. So a function that doesn't change keeps its
# place within the processor's cache lines. Both compilers leave cold functions alone.
PLACED = "-falign-functions=64"
# When these passes of gcc 12 lead several edges into a block of its own, its count is that of all
# but the first. If only that one is ever taken, gcc holds what follows for cold: once the whole
# eval loop was put where code goes that never runs.
COUNTS_KEPT = "-fdisable-tree-cddce2 -fdisable-tree-cddce3"

# CPython doesn't free everything at exit, and tests that it survives a failing malloc.
ASAN_OPTIONS = "detect_leaks=0:allocator_may_return_null=1"


class Environment(Protocol):
    """Conan's Environment, as far as it is needed here."""

    def define(self, name: str, value: str) -> object:
        """Give a variable its value."""

    def append(self, name: str, value: str) -> object:
        """Put a word behind a variable's value."""

    def prepend_path(self, name: str, value: str) -> object:
        """Put a folder before those of a variable."""


def answer(environment: Environment, given: Collection[str]) -> None:
    """Answer what configure asks of a machine that isn't this one, but for what is *given*."""
    for name in sorted(CROSS_ANSWERS.keys() - given):
        environment.define(name, CROSS_ANSWERS[name])


def optimize(environment: Environment, compiler: str, version: str) -> None:
    """See to it that profile-guided optimization, by *compiler*, makes nothing slower."""
    # Extensions don't inherit what is "nodist".
    environment.append("CFLAGS_NODIST", PLACED)
    if (compiler, version) == ("gcc", "12"):
        environment.append("CFLAGS_NODIST", COUNTS_KEPT)
        environment.append("LDFLAGS_NODIST", COUNTS_KEPT)  # which compiles, with --lto


def use_llvm(environment: Environment, clang: str) -> None:
    """Let LLVM's tools be those of *clang*: configure would take the first in PATH."""
    for variable, name in (("LLVM_AR", "llvm-ar"), ("LLVM_PROFDATA", "llvm-profdata")):
        path = process.run([clang, f"-print-prog-name={name}"], f"{clang} does not run").strip()
        if not os.path.isabs(path):
            raise BuildError(f"{clang} comes without {name}, which lto and pgo need")
        environment.define(variable, path)


def use_sysroot(
    environment: Environment, root: Path, triplet: str, programs: Sequence[str], searched: bool
) -> None:
    """Compile for *triplet* against *root*, by *programs*: the commands of the C and C++ compiler.

    *searched* tells whether the C compiler looks for libraries where it is expected to.
    """
    library = root / "usr" / "lib"
    multiarch = triplet.replace("i686", "i386")
    for variable, command in zip(("CC", "CXX"), programs, strict=True):
        environment.define(variable, command)
    # configure leaves this out, for it asks a compiler whose name has all that in it.
    environment.define("WRAP", "-fwrapv")
    environment.define("PKG_CONFIG_SYSROOT_DIR", str(root))
    environment.define("PKG_CONFIG_SYSTEM_INCLUDE_PATH", f"{root}/usr/include")
    environment.define("PKG_CONFIG_LIBDIR", f"{library}/{multiarch}/pkgconfig:{library}/pkgconfig")
    if not searched or "musl" in multiarch:
        # CPython's setup.py asks the compiler for these: it takes no answer from Debian's clang,
        # and musl's wrapper of gcc doesn't look into a sysroot.
        for folder in ("", f"/{multiarch}"):
            environment.append("CPPFLAGS", f"-I{root}/usr/include{folder}")
            environment.append("LDFLAGS", f"-L{library}{folder}")


def use_ccache(environment: Environment, folder: str) -> None:
    """Let ccache keep what is compiled in *folder*."""
    # By PATH, so that CC in sysconfig stays the plain compiler. Conan builds in a new folder each
    # time; relative paths keep the hits.
    environment.prepend_path("PATH", "/usr/lib/ccache")
    environment.define("CCACHE_BASEDIR", folder)
    environment.define("CCACHE_NOHASHDIR", "1")


def flags_of_users(
    chosen: Mapping[str, object], clang: bool, target: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return the flags for extension modules, and those for programs that embed the interpreter.

    *chosen* has its options, by their names; *target* is what the compiler needs for the target.
    """
    common, program = [], []
    if chosen["sanitizers"] != "none":
        common.append(f"-fsanitize={str(chosen['sanitizers']).replace('+', ',')}")
    common += target
    if str(chosen["shared"]) != "True":
        # Extension modules take their symbols from the program that embeds the interpreter.
        program.append("-Wl,--export-dynamic")
    if clang and str(chosen["lto"]) == "True":
        # The library holds bitcode: there are no fat objects as gcc makes them.
        program.append("-flto")
    return common, [*program, *common]
