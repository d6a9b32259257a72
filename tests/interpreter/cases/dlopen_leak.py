"""Prints by how many kB this process grows while dlopen() fails 4,000 times; optionally sealed.

dlopen_leak.py alive|seal
"""

import ctypes
import sys

from memory import kilobytes, seal


def fail(times):
    for _ in range(times):
        try:
            ctypes.CDLL("libnope.so.1")
        except OSError:
            continue


if sys.argv[1] == "seal":
    seal()
fail(100)
before = kilobytes()
fail(4000)
print(kilobytes() - before)
