"""Names of addresses, from the symbol tables of the files that are mapped."""

from __future__ import annotations

import bisect
import os
import struct
from collections.abc import Iterable

from ._elf import ElfFile


def plain(name: str) -> str:
    """Return the name that the source gives to a function."""
    return name.split("@")[0].split(".")[0] or name


def printable(text: str) -> str:
    """Return text without the surrogates that stand for bytes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class Symbols:
    """Names of the addresses in a process, from texts of its maps."""

    def __init__(self, files: dict[str, ElfFile | None]) -> None:
        self._files = files  # shared by all processes of a report
        self._maps: list[tuple[int, int, int | None, str]] = []  # (start, end, offset, path)
        self._starts: list[int] = []
        self._modules: dict[str, int | None] = {}  # path -> what is added to its addresses
        self._cache: dict[int, tuple[str, str | None, int | None]] = {}
        self._targets: dict[int, int | None] = {}

    def add(self, text: str) -> None:
        """Add what is new in *text*, in the format of /proc/PID/maps."""
        maps: list[tuple[int, int, int | None, str]] = []
        last: tuple[int, int, int | None, str] | None = None
        for line in text.split("\n")[:-1]:
            fields = line.split(None, 5)
            start, end = (int(n, 16) for n in fields[0].split("-"))
            path = fields[5] if len(fields) > 5 else ""
            if path.startswith("/") or path == "[vdso]":
                maps.append((start, end, int(fields[2], 16), path))
            elif not path and last and last[1] == start:
                # .bss follows a mapping of the file
                maps.append((start, end, None, last[3]))
            else:
                last = None
                continue
            last = maps[-1]
        known = {entry[0] for entry in self._maps}
        self._maps += [entry for entry in maps if entry[0] not in known]
        self._maps.sort(key=lambda entry: entry[0])
        self._starts = [entry[0] for entry in self._maps]
        self._cache.clear()

    def _elf(self, path: str) -> ElfFile | None:
        if path not in self._files:
            try:
                self._files[path] = ElfFile(path)
            except (OSError, ValueError, struct.error):
                self._files[path] = None
        return self._files[path]

    def _bias(self, path: str) -> int | None:
        if path not in self._modules:
            bias = None
            elf = self._elf(path)
            if elf is not None:
                for start, _, offset, other in self._maps:
                    if other == path and offset is not None:
                        vaddr = elf.address(offset)
                        if vaddr is not None:
                            bias = start - vaddr
                            break
            self._modules[path] = bias
        return self._modules[path]

    def find(self, address: int) -> tuple[str, str | None, int | None]:
        """Return (path, name or None, offset in the file or None)."""
        found = self._cache.get(address)
        if found is None:
            found = self._cache[address] = self._find(address)
        return found

    def _find(self, address: int) -> tuple[str, str | None, int | None]:
        i = bisect.bisect_right(self._starts, address) - 1
        if i < 0 or address >= self._maps[i][1]:
            return "", None, None
        start, _, offset, path = self._maps[i]
        place = None if offset is None else address - start + offset
        bias, elf = self._bias(path), self._elf(path)
        if bias is None or elf is None:
            return path, None, place
        vaddr = address - bias
        name = elf.name(vaddr)
        return path, name and plain(name), vaddr

    def _calls(self, caller: int, callee: int) -> bool | None:
        """Tell whether the call that returns to *caller* leads to *callee*; None if unknown."""
        target = self._target(caller)
        if target is None:  # an indirect call
            return None
        path, name, _ = self.find(target)
        callee_path, callee_name, _ = self.find(callee)
        if name is None:
            elf = self._elf(path)
            if elf is None or not elf.complete:  # the kernel's, or stripped
                return None
        if path != callee_path:
            return name is None  # a stub that jumps to the other file
        return name == callee_name

    def _target(self, caller: int) -> int | None:
        if caller not in self._targets:
            target = None
            path, _, vaddr = self.find(caller - 1)
            bias, elf = self._bias(path) if path else None, self._elf(path) if path else None
            if bias is not None and elf is not None and vaddr is not None:
                target = elf.call_target(vaddr + 1)
                if target is not None:
                    target += bias
            self._targets[caller] = target
        return self._targets[caller]

    def unwind(self, pc: int, callers: Iterable[int]) -> list[int]:
        """Return what is likely to be the stack, the innermost first.

        *callers* are the words on the stack that may be return addresses.
        Some are left over from earlier calls: drop those that are followed
        by one which fits better.
        """
        stack = [pc]
        callers = list(callers)
        while callers:
            fits = 0
            if self._calls(callers[0], stack[-1]) is False:
                # A function left by a jump to another one fits nowhere, too.
                fits = next(
                    (i for i, caller in enumerate(callers[:5]) if self._calls(caller, stack[-1])), 0
                )
            stack.append(callers[fits] - 1)
            del callers[: fits + 1]
        return stack

    def label(self, address: int) -> str:
        """Return a name for the function at *address*."""
        path, name, offset = self.find(address)
        if name:
            return name
        if path and offset is not None:
            return f"{self.module(address)}+{offset:#x}"
        return f"{address:#x}"

    def module(self, address: int) -> str:
        """Return the base name of the file that holds *address*."""
        return printable(os.path.basename(self.find(address)[0]))
