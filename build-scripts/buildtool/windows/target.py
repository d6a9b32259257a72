"""The Windows architectures: what the tools and CPython's project files call them."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.errors import BuildError

# Properties that PCbuild/python.props works out by functions, and what is not built here.
_PROPERTIES = {
    "Configuration": "Release",
    "IncludeExternals": "true",  # of zlib, the one that is here
    "PySourcePath": "..\\",
    "PydTag": "",
    "Py3DllName": "python3",
    "PyDebugExt": "",
    "PyVPath": r"..\\..",
}


@dataclass(frozen=True)
class Arch:
    """One architecture."""

    name: str  # as in ci/targets.toml and in clang's triple
    platform: str  # MSBuild's $(Platform)
    machine: str  # lld-link's /machine
    suffix: str  # of sys.winver: the registry keys of 3.N and 3.N-32 differ
    mingw: str  # the folder in /usr with zlib; its headers are the same everywhere
    debian: str = ""  # of the packages with this architecture's Wine; "" where Wine can't run it
    winearch: str = ""
    wine: str = ""
    wineserver: str = ""

    @property
    def triple(self) -> str:
        """Return clang's name of the target."""
        return f"{self.name}-pc-windows-msvc"

    def properties(self, version: tuple[int, int]) -> dict[str, str]:
        """Return MSBuild's global properties for CPython *version*, such as (3, 8)."""
        major, minor = version
        return {
            **_PROPERTIES,
            "Platform": self.platform,
            "zlibDir": f"/usr/{self.mingw}/include",
            "PyDllName": f"python{major}{minor}",
            "SysWinVer": f"{major}.{minor}{self.suffix}",
        }


_X86, _X64 = "i686-w64-mingw32", "x86_64-w64-mingw32"
_ALL = (
    Arch("x86_64", "x64", "x64", "", _X64, "amd64", "win64", "wine64", "wineserver64"),
    Arch("i686", "Win32", "x86", "-32", _X86, "i386", "win32", "wine", "wineserver32"),
    Arch("aarch64", "ARM64", "arm64", "-arm64", _X64),
)


def find(name: str) -> Arch:
    """Return the architecture *name*; BuildError if there is none."""
    for one in _ALL:
        if one.name == name:
            return one
    raise BuildError(f"Windows has no {name} here; it is one of {', '.join(a.name for a in _ALL)}")
