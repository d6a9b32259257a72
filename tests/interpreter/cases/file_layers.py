# ruff: noqa: SIM115
"""What was written to files over other objects is there after the exit, outermost layer first.

file_layers.py FOLDER
"""

import bz2
import gzip
import io
import lzma
import os
import sys
import tempfile
import zipfile
from pathlib import Path

from memory import seal

FOLDER = Path(sys.argv[1])


class Raw(io.RawIOBase):
    """A raw file of the user's own."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT)

    def writable(self):
        return True

    def write(self, data, write=os.write):
        return write(self.fd, data)

    def close(self, write=os.write, close=io.RawIOBase.close):
        if not self.closed:
            close(self)
            write(self.fd, b"|closed")


reader, writer = os.pipe()
pipe = os.fdopen(writer, "w")
seal()
if os.fork() == 0:
    pipe.write("through a pipe\n")
    sys.exit()
pipe.close()
print(os.read(reader, 100), os.wait()[1])

# The innermost come first in one group and last in the other: order in memory must not matter.
raws = [Raw(FOLDER / f"raw{number}") for number in range(3)]
buffers = [io.BufferedWriter(raw) for raw in raws]
texts = [io.TextIOWrapper(buffer) for buffer in buffers]
files = [
    gzip.open(FOLDER / "text.gz", "wt"),
    bz2.open(FOLDER / "text.bz2", "wt"),
    lzma.open(FOLDER / "text.xz", "wt"),
    io.TextIOWrapper(gzip.GzipFile(fileobj=io.BufferedWriter(Raw(FOLDER / "own.gz")), mode="w")),
    open(FOLDER / "plain", "w"),
    tempfile.NamedTemporaryFile("w", dir=FOLDER, prefix="kept", delete=False),
]
archive = zipfile.ZipFile(FOLDER / "archive.zip", "w")
seal()
for file in (*texts, *files):
    file.write("the last line")
archive.writestr("member", "text")
print([type(file).__name__ for file in files])
