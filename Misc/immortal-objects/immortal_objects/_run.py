"""Run a program as Python itself runs it: a module, a script, a folder or zip file, or a command.

sys.argv, sys.path and the module __main__ are what they are without us. What a program raises or
exits with goes through.
"""

from __future__ import annotations

import importlib.machinery
import io
import os
import pkgutil
import sys
import textwrap
from types import CodeType, ModuleType
from typing import Any


def run_module(name: str, arguments: list[str]) -> None:
    """Do what python -m NAME does."""
    import runpy

    sys.argv[:] = ["-m", *arguments]
    _fresh_main()
    # The function that python -m calls: it finds the module, and says so if there is none.
    runpy._run_module_as_main(name)  # type: ignore[attr-defined]


def run_command(code: str, arguments: list[str]) -> None:
    """Do what python -c CODE does."""
    sys.argv[:] = ["-c", *arguments]
    if _has_path0():
        sys.path[0] = ""
    namespace = _fresh_main()
    if sys.version_info >= (3, 14):
        code = textwrap.dedent(code)
    exec(compile(code, "<string>", "exec", dont_inherit=True), namespace)


def run_script(path: str, arguments: list[str]) -> None:
    """Do what python PATH does; OSError if there is no such file."""
    importer: Any = pkgutil.get_importer(path)
    sys.argv[:] = [path, *arguments]
    whole = os.path.join(os.getcwd(), path)  # as Python has it: not normalized
    if os.path.isdir(path) or (importer is not None and os.path.isfile(path)):
        import runpy

        sys.path[: _has_path0()] = [whole]
        _fresh_main()
        runpy._run_module_as_main("__main__", False)  # type: ignore[attr-defined]
        return
    code, loader = _read(whole)
    if _has_path0():
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    namespace = _fresh_main()
    namespace.update(__file__=whole, __loader__=loader)
    if sys.version_info < (3, 15):
        namespace["__cached__"] = None
    exec(code, namespace)


def _read(path: str) -> tuple[CodeType, Any]:
    """Return the code of a script, which may be compiled, and its loader."""
    with io.open_code(path) as file:
        code: CodeType | None = pkgutil.read_code(file)
        if code is not None:
            return code, importlib.machinery.SourcelessFileLoader("__main__", path)
        file.seek(0)
        source = file.read()
    loader = importlib.machinery.SourceFileLoader("__main__", path)
    return compile(source, path, "exec", dont_inherit=True), loader


def _has_path0() -> bool:
    """Tell whether Python has put the folder of the program in front of sys.path."""
    return not (sys.flags.isolated or getattr(sys.flags, "safe_path", False))


def _fresh_main() -> dict[str, Any]:
    """Put a new module __main__ in the place of ours; return its namespace."""
    module = ModuleType("__main__")
    module.__loader__ = importlib.machinery.BuiltinImporter
    namespace = vars(module)
    namespace["__builtins__"] = sys.modules["builtins"]
    if sys.version_info < (3, 14):
        namespace["__annotations__"] = {}
    sys.modules["__main__"] = module
    return namespace
