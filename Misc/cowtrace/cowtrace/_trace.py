"""Read the files that _cowtrace.c writes, one for each process."""

from __future__ import annotations

import collections
import os

import _cowtrace

from ._elf import ElfFile
from ._records import (
    BACKENDS,
    CODE_PAGE,
    DATA,
    FINALIZING,
    FORMAT,
    FRAMES,
    FREE,
    HEAD,
    HEADER,
    IMMORTAL_OBJECT,
    IMMORTAL_PAGE,
    KEYS,
    OBJECT,
    POOL,
    REGION,
    SEALED,
    STATIC,
    SYSTEM_CALL,
    WRITE,
    Raw,
    Region,
    Write,
    unpack_write,
)
from ._symbols import Symbols

# What is known of the insides of objects, by the flag of their type.
BASES = (
    (1 << 31, "type"),
    (1 << 29, "dict"),
    (1 << 28, "str"),
    (1 << 27, "bytes"),
    (1 << 26, "tuple"),
    (1 << 25, "list"),
)
FIELDS: dict[str, list[tuple[int, int, str]]] = collections.defaultdict(list)
for _type, _offset, _size, _name in _cowtrace.fields():
    FIELDS[_type].append((_offset, _offset + _size, _name))

# Functions of these only do what another tells them to.
RUNTIME = (
    "libc.", "libc-", "ld-linux", "ld64.", "ld-musl", "libpthread", "libm.", "libm-",
    "libgcc_s", "libstdc++", "[vdso]", "libasan",
)  # fmt: skip


def field(type: str, offset: int) -> str:
    """Return the name of the field of a builtin type at an offset."""
    for start, end, name in FIELDS[type]:
        if start <= offset < end:
            return name
    return "body"


def decode(data: bytes) -> str:
    """Return bytes as text that can be printed."""
    return data.decode("utf-8", "backslashreplace")


class Process:
    """What one traced process did; ValueError if *data* is no trace."""

    def __init__(self, data: bytes, files: dict[str, ElfFile | None] | None = None) -> None:
        self.page_size = self.pid = self.ppid = self.resident = 0
        self.regions: list[Region] = []
        self.writes: list[Write] = []
        self.notes: list[str] = []
        self.types: dict[int, tuple[str, str]] = {}
        self.backend: str | None = None
        self.symbols = Symbols({} if files is None else files)
        self._seen: set[int] = set()
        self._stacks: dict[tuple[int, tuple[int, ...]], list[int]] = {}
        at = 0
        while at + HEAD.size <= len(data):
            tag, size = HEAD.unpack_from(data, at)
            at += HEAD.size
            # What was being written when the process was killed is missing.
            if at + size > len(data):
                break
            read = getattr(self, f"_read_{chr(tag)}" if tag < 128 else "", None)
            if read is None:
                raise ValueError("not a trace")
            read(data[at : at + size])
            at += size
        if self.backend is None and not self.notes:
            raise ValueError("not a trace")

    def _read_H(self, data: bytes) -> None:
        format, self.page_size, self.pid, self.ppid, backend, forked, *rest = HEADER.unpack(data)
        if format != FORMAT:
            raise ValueError("a trace of another version")
        self.forked = bool(forked)
        self.resident, self.gc_head, self.type_offset, self.python = rest
        self.backend = BACKENDS[backend]

    def _read_M(self, data: bytes) -> None:
        self.symbols.add(os.fsdecode(data))

    def _read_T(self, data: bytes) -> None:
        for line in decode(data).split("\n")[:-1]:
            address, digits, name = line.split(" ", 2)
            flags = int(digits, 16)
            base = next((base for bit, base in BASES if flags & bit), name)
            self.types[int(address, 16)] = name, base

    def _read_R(self, data: bytes) -> None:
        self.regions = [Region(*fields) for fields in REGION.iter_unpack(data)]
        untraced = sum(region.end - region.start for region in self.regions if not region.traced)
        if untraced:
            self.notes.append(
                f"{untraced // 1024:,} KiB could not be traced: private mappings of files"
            )

    def _read_N(self, data: bytes) -> None:
        self.notes.append(decode(data))

    def _read_E(self, data: bytes) -> None:
        self.notes.append("not traced: " + decode(data))

    def _read_W(self, data: bytes) -> None:
        raw = unpack_write(data)
        page = raw.address & ~(self.page_size - 1)
        if page in self._seen:  # two threads wrote at the same time
            return
        self._seen.add(page)
        at = WRITE.size
        strings = []
        for size in (raw.file_size, raw.function_size, raw.type_size):
            strings.append(decode(data[at : at + size]))
            at += size
        file, python_function, type_name = strings
        function, via, module, callers = self._functions(raw.pc, raw.callers)
        name, part, offset = self._object(raw, type_name)
        self.writes.append(
            Write(
                time=raw.time,
                page=page,
                function=function,
                via=via,
                module=module,
                callers=callers,
                file=file,
                line=raw.line,
                python_function=python_function,
                type=name,
                part=part,
                offset=offset,
                kind=raw.kind,
                symbol=self.symbols.find(raw.address)[1] if raw.kind in STATIC else None,
                exit=bool(raw.flags & FINALIZING),
                immortal=bool(raw.flags & IMMORTAL_PAGE),
                immortal_object=bool(raw.flags & IMMORTAL_OBJECT),
                sealed=bool(raw.flags & SEALED),
                code=bool(raw.flags & CODE_PAGE),
                system_call=raw.syscall if raw.flags & SYSTEM_CALL else None,
                tid=raw.tid,
            )
        )

    def _functions(
        self, pc: int, callers: tuple[int, ...]
    ) -> tuple[str, str | None, str, tuple[str, ...]]:
        """Return the function responsible, what it made use of, its module, and all names."""
        if not pc:
            return "unknown", None, "", ()
        symbols = self.symbols
        key = pc, callers
        if key not in self._stacks:
            self._stacks[key] = symbols.unwind(pc, filter(None, callers))
        chain = self._stacks[key]
        names = tuple(symbols.label(address) for address in chain)
        for address, name in zip(chain, names, strict=True):
            module = symbols.module(address)
            if module and not module.startswith(RUNTIME):
                via = names[0] if address != pc else None
                return name, via, module, names
        return names[0], None, symbols.module(pc), names

    def _object(self, raw: Raw, type_name: str) -> tuple[str, str, int | None]:
        """Return the type of what lay there, the part of it, and the offset in it."""
        offset = raw.address - raw.object
        if raw.what == OBJECT:
            name, base = self.types.get(raw.type) or (type_name, type_name)
            if offset < -self.gc_head:
                part = "attributes"
            elif offset < 0:
                part = "GC header"
            elif offset < self.type_offset:
                part = "reference count"
            else:
                part = field(base, offset)
            return name or "unknown type", part, offset
        if raw.what == KEYS:
            return "keys of dict", field("keys of dict", offset), offset
        if raw.what == FREE:
            return "free memory", "", None
        if raw.what == POOL:
            return "pool header", "", offset
        if raw.what == DATA and raw.size <= 512:
            return f"data of {raw.size} bytes", "", None
        return "frame" if raw.kind == FRAMES else "data", "", None

    @property
    def shared_pages(self) -> int:
        """The number of pages that the process had when it was born."""
        return sum(region.pages for region in self.regions if region.traced)


def read_directory(directory: str) -> list[Process]:
    """Return the processes whose files are in *directory*, by age; OSError, ValueError."""
    files: dict[str, ElfFile | None] = {}
    paths = [os.path.join(directory, name) for name in os.listdir(directory)]
    paths.sort(key=lambda path: os.stat(path).st_mtime_ns)
    processes = []
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        # The program, or just this process, may have ended before the first
        # record was written.
        if data:
            processes.append(Process(data, files))
    return processes
