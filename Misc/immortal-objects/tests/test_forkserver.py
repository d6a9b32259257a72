"""multiprocessing's fork server: its processes share what it preloads, with the script."""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import unittest
from pathlib import Path

from programs import ABLE, FOLDER, FORKS, call

from immortal_objects import preload_forkserver

DATA = """\
print("loaded", __name__, flush=True)
DATA = [object() for _ in range(1000)]
"""
# A script: the server is one by default since 3.14, and here on every version.
SCRIPT = """\
import concurrent.futures, multiprocessing, os, sys
import immortal_objects
from immortal_objects import is_immortal

print("script", __name__, flush=True)
OWN = [object() for _ in range(1000)]

def work(number):
    data = sys.modules.get("data")
    return is_immortal(OWN[number]), data and is_immortal(data.DATA[number]), os.getppid()

def main():
    context = multiprocessing.get_context("forkserver")
    with context.Pool(2) as pool:
        found = pool.map(work, range(8), chunksize=1)
    with concurrent.futures.ProcessPoolExecutor(2, context) as executor:
        found += executor.map(work, range(8))
    servers = {server for *_, server in found}
    print(os.getpid() in servers, len(servers), {found[:2] for found in found}, flush=True)

if __name__ == "__main__":
"""


SERVER = Path(multiprocessing.__file__).with_name("forkserver.py")
# Older ones name it, and don't find it: each process loads the script for itself.
LOADS_SCRIPT = FORKS and ("init_main_from_path" in SERVER.read_text())


@unittest.skipUnless(FORKS, "this system can't fork")
class ForkServer(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        (self.folder / "data.py").write_text(DATA)

    def run_script(self, *lines: str, ours: bool = False) -> list[str]:
        """Run the script with *lines* before main(); return what it printed."""
        script = self.folder / "script.py"
        script.write_text(SCRIPT + "".join(f"    {line}\n" for line in (*lines, "main()")))
        command = ("-m", "immortal_objects") if ours else ()
        # Before 3.12.8 and 3.13.1 a fork server doesn't take over sys.path.
        path = {"PYTHONPATH": f"{FOLDER}:{self.folder}"}
        ran = call(sys.executable, *command, str(script), **path)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""), ran.stdout)
        return ran.stdout.splitlines()

    def check(self, said: list[str], data: bool | None, loaded: int) -> None:
        """The script and the modules are loaded once by the server, and then immortal."""
        self.assertEqual(said[-1], f"False 1 {{({ABLE and LOADS_SCRIPT}, {data})}}")
        if LOADS_SCRIPT:
            self.assertEqual(said.count("script __mp_main__"), 1, said)
        self.assertEqual(said.count("loaded data"), loaded, said)

    def test_before_first_fork(self) -> None:
        self.check(self.run_script("immortal_objects.before_first_fork()"), None, 0)

    def test_before_first_fork_when_it_is_loaded(self) -> None:
        lines = ("import multiprocessing.forkserver", "immortal_objects.before_first_fork()")
        self.check(self.run_script(*lines), None, 0)

    def test_modules(self) -> None:
        self.check(self.run_script("immortal_objects.preload_forkserver('data')"), ABLE, 1)

    def test_own_list(self) -> None:
        modules = '["__main__", "data", "immortal_objects.forkserver"]'
        said = self.run_script(f"multiprocessing.set_forkserver_preload({modules})")
        self.check(said, ABLE, 1)

    def test_command(self) -> None:
        self.check(self.run_script(ours=True), None, 0)

    def test_too_late(self) -> None:
        lines = (
            "import logging; logging.basicConfig(format='%(message)s', stream=sys.stdout)",
            "with multiprocessing.get_context('forkserver').Pool(1) as pool: pool.map(abs, [1])",
            "immortal_objects.preload_forkserver()",
        )
        said = self.run_script(*lines)
        self.assertTrue(any("too late for the fork server" in line for line in said), said)

    def test_errors(self) -> None:
        with self.assertRaises(TypeError):
            preload_forkserver(multiprocessing)  # type: ignore[arg-type]


if __name__ == "__main__":
    unittest.main()
