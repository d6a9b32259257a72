"""How clang-cl and lld-link are called to do as cl and link do, with Wine in the SDK's place."""

from __future__ import annotations

from collections.abc import Sequence

from .target import Arch

_HEADERS = "/usr/include/wine/wine"
# _MSC_VER 1938 is Visual Studio 2022 17.8. The warnings are of what cl takes without one.
_COMPILER = (
    "-fms-compatibility-version=19.38", "/nologo", "/O2", "/MD", "/GS-", "/utf-8",
    "/Gy", "/Gw", "/D_UCRT", "-imsvc", f"{_HEADERS}/msvcrt", "-imsvc", f"{_HEADERS}/windows",
    "-Wno-visibility", "-Wno-macro-redefined", "-Wno-invalid-token-paste",
)  # fmt: skip
# test_list wants functions with equal bodies to be different objects: they are not folded.
_LINKER = ("/nologo", "/nodefaultlib", "/opt:ref,noicf", "/safeseh:no")

# The C runtime, and what it rests on; winecrt0 and ucrtbase have the code before main.
_RUNTIME = ("ucrtbase", "vcruntime140", "kernel32", "ntdll", "user32", "winecrt0", "compiler-rt")
# Import libraries of the SDK whose functions are elsewhere in Wine.
_ELSEWHERE = {"pathcch": "kernelbase"}

DLL = ["/dll", "/entry:DllMainCRTStartup"]


def compiler(arch: Arch, support: str) -> list[str]:
    """Return the compiler's command, where *support* is ci/windows/include or a copy of it."""
    included = [f"/FI{support}/msvc.h", f"-I{support}"]
    return ["clang-cl", f"--target={arch.triple}", *included, *_COMPILER]


def linker(arch: Arch) -> list[str]:
    """Return the command that links, with the folder of Wine's import libraries."""
    cpu = "i386" if arch.name == "i686" else arch.name
    folder = f"/usr/lib/{cpu}-linux-gnu/wine/{cpu}-windows"
    return ["lld-link", f"/machine:{arch.machine}", *_LINKER, f"/libpath:{folder}"]


def program(main: str) -> list[str]:
    """Return the linker's flags for a program whose function *main* is "main" or "wmain"."""
    return ["/subsystem:console", f"/entry:{main}CRTStartup"]


def libraries(names: Sequence[str]) -> list[str]:
    """Return Wine's import libraries for those of the SDK, "ws2_32.lib", and the C runtime."""
    stems = [name.lower().removesuffix(".lib") for name in names]
    found = dict.fromkeys(_ELSEWHERE.get(stem, stem) for stem in (*stems, *_RUNTIME))
    return [f"lib{stem}.a" for stem in found]
