"""The segments and symbols of ELF files, without other tools."""

from __future__ import annotations

import bisect
import struct
from typing import Any, BinaryIO

SHT_SYMTAB, SHT_DYNSYM = 2, 11
STT_OBJECT, STT_FUNC, STT_GNU_IFUNC = 1, 2, 10
PT_LOAD = 1
EM_X86_64 = 62


class ElfFile:
    """The segments and symbols of an ELF file; ValueError if it is none, OSError."""

    def __init__(self, path: str) -> None:
        self.segments: list[tuple[int, int, int]] = []  # (offset, size in file, vaddr)
        self.starts: list[int] = []
        self.symbols: list[tuple[int, int, str]] = []  # (value, size, name)
        self.complete = False  # or stripped
        self.x86_64 = False
        with open(path, "rb") as file:
            self._read(file)
        self.path = path

    def _read(self, file: BinaryIO) -> None:
        ident = file.read(16)
        if ident[:4] != b"\x7fELF":
            raise ValueError("not an ELF file")
        wide = ident[4] == 2
        order = "<" if ident[5] == 1 else ">"
        if wide:
            head, program, section, symbol = ("HHIQQQIHHHHHH", "IIQQQQQQ", "IIQQQQIIQQ", "IBBHQQ")
        else:
            head, program, section, symbol = ("HHIIIIIHHHHHH", "IIIIIIII", "IIIIIIIIII", "IIIBBH")
        fields = struct.unpack(order + head, file.read(struct.calcsize(order + head)))
        self.x86_64 = wide and fields[1] == EM_X86_64
        phoff, shoff = fields[4:6]
        phsize, phnum, shsize, shnum = fields[8:12]

        def table(offset: int, size: int, count: int, format: str) -> list[tuple[Any, ...]]:
            file.seek(offset)
            data = file.read(size * count)
            format = order + format
            if len(data) < size * count or size < struct.calcsize(format):
                return []
            return [struct.unpack_from(format, data, i * size) for i in range(count)]

        for entry in table(phoff, phsize, phnum, program):
            if entry[0] == PT_LOAD:
                if wide:
                    offset, vaddr, size = entry[2], entry[3], entry[5]
                else:
                    offset, vaddr, size = entry[1], entry[2], entry[4]
                self.segments.append((offset, size, vaddr))

        sections = table(shoff, shsize, shnum, section)
        for wanted in (SHT_SYMTAB, SHT_DYNSYM):
            for entry in sections:
                if entry[1] == wanted and entry[6] < len(sections):
                    offset, size, link = entry[4], entry[5], entry[6]
                    file.seek(sections[link][4])
                    strings = file.read(sections[link][5])
                    file.seek(offset)
                    self._read_symbols(file.read(size), strings, order + symbol, wide)
            if self.symbols:
                self.complete = wanted == SHT_SYMTAB
                break
        self.symbols.sort()
        self.starts = [value for value, _, _ in self.symbols]

    def _read_symbols(self, data: bytes, strings: bytes, format: str, wide: bool) -> None:
        size = struct.calcsize(format)
        data = data[: len(data) // size * size]
        for fields in struct.iter_unpack(format, data):
            if wide:
                name, info, _, index, value, length = fields
            else:
                name, value, length, info, _, index = fields
            if index and info & 15 in (STT_OBJECT, STT_FUNC, STT_GNU_IFUNC):
                end = strings.find(b"\0", name)
                text = strings[name:end].decode("utf-8", "backslashreplace")
                self.symbols.append((value, length, text))

    def address(self, offset: int) -> int | None:
        """Return the virtual address of what is at *offset* in the file."""
        for start, size, vaddr in self.segments:
            if start & ~0xFFF <= offset < start + size:
                return offset - start + vaddr
        return None

    def call_target(self, address: int) -> int | None:
        """Return what the call instruction that ends at *address* calls.

        That is None if it is not a direct call.
        """
        for start, size, vaddr in self.segments:
            if self.x86_64 and vaddr + 5 <= address < vaddr + size:
                with open(self.path, "rb") as file:
                    file.seek(start + address - vaddr - 5)
                    code = file.read(5)
                if code[:1] == b"\xe8":
                    return address + int.from_bytes(code[1:], "little", signed=True)
        return None

    def name(self, address: int) -> str | None:
        """Return the name of the symbol at a virtual address, or None."""
        last = bisect.bisect_right(self.starts, address) - 1
        # Several symbols may begin at one place, not all of them long enough.
        for i in range(last, max(last - 8, -1), -1):
            value, size, name = self.symbols[i]
            if address < value + size or (size == 0 and address == value):
                return name
        return None
