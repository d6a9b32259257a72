"""Find in preprocessed code what GCC and Clang understand and cl does not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

# GNU C, and of C11 what cl takes with /std:c11 only, which CPython doesn't ask for.
EXTENSIONS = re.compile(
    r"__attribute__|__attribute\b|__builtin_\w+|__typeof__|\btypeof\b|__auto_type|__extension__"
    r"|__asm__|__label__|__alignof__|__inline__|__volatile__|__const__|__int128|__sync_\w+"
    r"|__atomic_\w+|\(\s*\{|\?\s*:|=\s*&&\s*\w|\bgoto\s*\*"
    r"|_Generic|_Static_assert|_Alignas|_Alignof|_Noreturn|_Thread_local|_Atomic"
)
# Characters before an extension, and with it and behind it, that tell one from another. Macros make
# long lines: what a series changes far away in one is no news.
CONTEXT = 30
_MARKER = re.compile(r'#(?:line)?\s*\d+\s+"((?:[^"\\]|\\.)*)"')
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')


def find(files: Iterable[Path]) -> set[tuple[str, str]]:
    """Return where CPython's own lines have extensions: (file, the words around the extension).

    What comes from absolute paths, the headers of compiler and runtime, is not CPython's.
    """
    found = set()
    for path in files:
        origin = ""
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if marker := _MARKER.match(line):
                origin = marker[1].replace("\\\\", "/")
            elif not origin.startswith(("/", "<")):
                plain = " ".join(_STRING.sub('""', line).split())
                for match in EXTENSIONS.finditer(plain):
                    found.add((origin, plain[max(0, match.start() - CONTEXT) :][: 2 * CONTEXT]))
    return found
