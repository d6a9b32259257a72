"""The records in the file of a traced process: _cowtrace.c writes them, and names their parts."""

from __future__ import annotations

import struct
from typing import NamedTuple

FORMAT = 1
BACKENDS = ("auto", "userfaultfd", "userfaultfd-user", "mprotect")
KINDS = (
    "other mappings",
    "pymalloc arenas",
    "malloc heap",
    "malloc, large blocks",
    "frame stacks",
    "static data of Python",
    "static data of libraries",
)
UNKNOWN, OBJECT, KEYS, DATA, FREE, POOL = range(6)
IMMORTAL_PAGE, IMMORTAL_OBJECT, FINALIZING, EXACT = 1, 2, 4, 8
SYSTEM_CALL, CODE_PAGE, SEALED = 16, 32, 64
FRAMES = 4
STATIC = (5, 6)

HEAD = struct.Struct("=II")
HEADER = struct.Struct("=6I4Q")
REGION = struct.Struct("=3Q4I")
CALLERS = 16
WRITE = struct.Struct(f"=3Q{CALLERS}Q3QIii3H3B3x")


class Write(NamedTuple):
    """The first write to a page, and what was found out about it."""

    time: int  # since the beginning, in ns
    page: int  # its address
    function: str
    via: str | None  # the function of the C library that it made use of
    module: str
    callers: tuple[str, ...]
    file: str
    line: int
    python_function: str
    type: str
    part: str
    offset: int | None
    kind: int  # of memory: an index in KINDS
    symbol: str | None
    exit: bool
    immortal: bool  # the page holds an immortal object
    immortal_object: bool  # one was written to
    sealed: bool  # the page has nothing but immortal objects and what belongs to them
    code: bool  # the page holds immortal code, and no other immortal object
    system_call: int | None
    tid: int


class Region(NamedTuple):
    """A range of memory of one kind; see region_t in _cowtrace.c."""

    start: int
    end: int
    pages: int
    kind: int
    prot: int
    file: int
    traced: int


class Raw(NamedTuple):
    """A write as it stands in the file; see write_t in _cowtrace.c."""

    time: int
    address: int
    pc: int
    callers: tuple[int, ...]
    type: int
    object: int
    size: int
    tid: int
    line: int
    syscall: int
    file_size: int
    function_size: int
    type_size: int
    kind: int
    what: int
    flags: int


def unpack_write(data: bytes) -> Raw:
    """Return the write at the beginning of *data*; struct.error if that is too short."""
    time, address, pc, *fields = WRITE.unpack_from(data)
    return Raw._make((time, address, pc, tuple(fields[:CALLERS]), *fields[CALLERS:]))
