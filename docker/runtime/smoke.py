"""smoke.py KIND PLATFORM: is this the interpreter that the image should have, and is it complete?

Runs in the image while that is built. Exits with one line and status 1 unless all is well.
"""

import ctypes
import gc
import importlib
import importlib.util
import platform
import shutil
import sqlite3
import subprocess
import sys
import sysconfig

# What the kernel calls the machines; under an emulator, and with 32 bits on a 64-bit kernel, it is
# the size of a pointer that tells.
MACHINES = {
    "linux/386": (("i686", "x86_64"), 4, "little"),
    "linux/amd64": (("x86_64",), 8, "little"),
    "linux/arm/v7": (("armv7l", "aarch64"), 4, "little"),
    "linux/arm64": (("aarch64",), 8, "little"),
    "linux/s390x": (("s390x",), 8, "big"),
}
# Each needs a library that the image has to have.
MODULES = (
    "bz2", "_ctypes", "curses", "curses.panel", "_gdbm", "hashlib", "lzma", "readline",
    "sqlite3", "ssl", "uuid", "_uuid", "zlib", "zoneinfo", "decimal", "asyncio", "venv",
)  # fmt: skip
# Of sys.stdlib_module_names: other systems' modules, and what needs libraries that the build has
# not, unlike that of python:3-slim; see docker/README.md.
ABSENT = {
    "_msi", "_overlapped", "_scproxy", "_winapi", "msilib", "msvcrt", "nt", "winreg", "winsound",
    "_dbm", "_tkinter",
}  # fmt: skip
# What the build of an extension module follows.
FOLLOWED = (
    "AR", "CC", "CXX", "CFLAGS", "CPPFLAGS", "LDFLAGS", "LDSHARED", "LDCXXSHARED", "CCSHARED",
    "BLDSHARED", "INCLUDEPY", "LIBDIR", "LIBPL", "LIBS", "LINKCC",
)  # fmt: skip
NAME = f"python3.{sys.version_info.minor}"
COMMANDS = ("python", "python3", NAME, "pip", "pip3", "pydoc", "idle", "python3-config")


def check(true: bool, what: str) -> None:
    if not true:
        sys.exit(f"error: {what}")


def main() -> None:
    kind, wanted = sys.argv[1:]
    machines, size, order = MACHINES[wanted]
    found = (platform.machine(), ctypes.sizeof(ctypes.c_void_p), sys.byteorder)
    check(found[0] in machines and found[1:] == (size, order), f"{wanted} is not {found}")
    for name in MODULES:
        importlib.import_module(name)
    missing = {name for name in sys.stdlib_module_names if importlib.util.find_spec(name) is None}
    wrong = (missing ^ ABSENT) - {"nis"}  # which later releases' C library has no headers for
    check(not wrong, f"these are missing, or should be: {sorted(wrong)}")
    for name in COMMANDS:
        check(shutil.which(name) == f"/usr/local/bin/{name}", f"there is no {name}")
    for name in FOLLOWED:
        value = str(sysconfig.get_config_var(name))
        check("/cache" not in value and "sysroot" not in value, f"{name} is {value}")
    # As in python:3-slim, by --enable-loadable-sqlite-extensions.
    check(hasattr(sqlite3.Connection, "enable_load_extension"), "sqlite3 loads no extensions")
    check(hasattr(gc, "immortalize_heap") == (kind == "patched"), f"it is not {kind}")
    if kind == "patched":
        listed = gc.immortalize(["a", object()])
        check(gc.is_immortal(listed[1]) and gc.immortalize_heap() > 1000, "nothing is immortal")
    child = "import ssl, sqlite3; print(ssl.OPENSSL_VERSION, sqlite3.sqlite_version)"
    print(subprocess.check_output([sys.executable, "-c", child], text=True), end="")
    print(f"Python {platform.python_version()}, {kind}, for {wanted}")


if __name__ == "__main__":
    main()
