"""Run a program in this process, and trace its children.

A step of python -m cowtrace, which reads what this leaves in a directory.
"""

from __future__ import annotations

import os
import sys
from typing import Any


def main(namespace: dict[str, Any]) -> None:
    """Run what sys.argv tells in *namespace*, which is that of __main__."""
    directory, backend, immortal, child, how, what, *args = sys.argv[1:]
    from . import follow

    follow(directory, backend=backend, immortal=immortal == "1", child=int(child))

    sys.argv[:] = [what, *args]
    if how == "module":
        sys.argv[0] = "-m"
        if not sys.flags.safe_path:
            sys.path[0] = os.getcwd()
        import runpy

        runpy._run_module_as_main(what)  # type: ignore[attr-defined]
        return
    if how == "container":
        import runpy

        if not sys.flags.safe_path:
            del sys.path[0]
        sys.path.insert(0, os.path.abspath(what))
        runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]
        return
    if how == "command":
        sys.argv[0] = "-c"
        code = compile(what, "<string>", "exec")
    else:
        import io

        if not sys.flags.safe_path:
            sys.path[0] = os.path.dirname(os.path.realpath(what))
        with io.open_code(what) as file:
            code = compile(file.read(), what, "exec")
        namespace["__file__"] = os.path.abspath(what)
        if sys.version_info < (3, 15):  # which has no such name any more
            namespace["__cached__"] = None
    try:
        exec(code, namespace)
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as exc:
        # The traceback begins in the program, as it would without us.
        traceback = exc.__traceback__
        exc.__traceback__ = traceback and traceback.tb_next
        sys.excepthook(type(exc), exc, exc.__traceback__)
        sys.exit(1)
