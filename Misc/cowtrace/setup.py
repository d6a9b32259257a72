"""Build the extension module; pyproject.toml says all the rest."""

from __future__ import annotations

import platform
import sys
import sysconfig

from setuptools import Extension, setup

MACHINES = ("x86_64", "aarch64")


def refusal() -> str:
    """Return in one line why cowtrace can't be built for this interpreter; "" if it can."""
    version = sys.version_info[:2]
    if sys.implementation.name != "cpython" or not (3, 11) <= version <= (3, 15):
        here = f"{platform.python_implementation()} {version[0]}.{version[1]}"
        return f"CPython 3.11 to 3.15; this is {here}"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "a build of CPython with the GIL; this one is free-threaded"
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        return f"Linux on {' or '.join(MACHINES)}; this is {sys.platform} on {platform.machine()}"
    return ""


if reason := refusal():
    sys.exit(f"cowtrace needs {reason}")

setup(
    ext_modules=[
        Extension(
            "_cowtrace",
            ["src/_cowtrace.c"],
            depends=["src/versions.h"],
            # The first call of a function must not write to a table of addresses.
            extra_link_args=["-Wl,-z,now"],
        )
    ]
)
