"""The extension immortal_objects._core, for the interpreters that it is written for.

That is CPython 3.12 to 3.15 on 64-bit Linux, and the free-threaded builds of 3.14 and 3.15.
Elsewhere the package is pure Python. So it is with IMMORTAL_OBJECTS_PURE=1 in the environment,
which needs no compiler.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError, SetupError

FIRST, LAST = (3, 12), (3, 15)
FREE_THREADED = ((3, 14), (3, 15))
SOURCES = sorted(str(path) for path in Path("src").glob("*.c"))
HEADERS = sorted(str(path) for path in Path("src").glob("*.h"))
OPTIONS = ["-std=c11", "-fvisibility=hidden", "-Werror=implicit-function-declaration"]


def written_for_this() -> bool:
    """Tell whether the extension is written for the interpreter that runs this."""
    version = sys.version_info[:2]
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    return (
        sys.implementation.name == "cpython"
        and sys.platform == "linux"
        and sys.maxsize > 2**32
        and (version in FREE_THREADED if free_threaded else FIRST <= version <= LAST)
    )


class Build(build_ext):
    """Compile the extension, or say in one line what to do."""

    def build_extension(self, ext: Any) -> None:
        try:
            super().build_extension(ext)
        except (BaseError, CCompilerError) as error:
            raise SetupError(
                f"immortal_objects._core can't be compiled ({error}): install a C compiler and "
                f"CPython's headers (Debian: gcc, libc6-dev, python{sys.version_info[0]}."
                f"{sys.version_info[1]}-dev), or set IMMORTAL_OBJECTS_PURE=1 to install the "
                "package without it, which then changes nothing"
            ) from None


def extensions() -> list[Extension]:
    """Return the extension, or nothing."""
    if os.environ.get("IMMORTAL_OBJECTS_PURE", "0") not in ("", "0") or not written_for_this():
        return []
    if not SOURCES:
        raise SetupError("src/ has no C sources; take the sdist or a checkout as a whole")
    return [
        Extension(
            "immortal_objects._core",
            SOURCES,
            include_dirs=["src"],
            depends=HEADERS,
            extra_compile_args=OPTIONS,
        )
    ]


# Not in the checkout: from there pip would take what an earlier version has left.
with tempfile.TemporaryDirectory() as folder:
    setup(
        ext_modules=extensions(),
        cmdclass={"build_ext": Build},
        options={"build": {"build_base": folder}},
    )
