"""Does the package serve those who build on it? An extension, an embedding program, a script."""

import os
from pathlib import Path

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.env import VirtualRunEnv
from conan.tools.gnu import Autotools, AutotoolsDeps, AutotoolsToolchain


class TestPackage(ConanFile):
    settings = "os", "arch", "compiler"
    test_type = "explicit"

    def requirements(self):
        self.requires(self.tested_reference_str, headers=True, libs=True, run=True)

    def layout(self):
        self.folders.build = "build"
        self.folders.generators = "build"

    def generate(self):
        if self.settings.os == "Windows":
            return  # its compiler is not one of this machine's
        toolchain = AutotoolsToolchain(self)
        # The interpreter's own choice: with it, the headers' assertions are on or off for both.
        toolchain.ndebug = None
        environment = toolchain.environment()
        dependency = self.dependencies[self.tested_reference_str]
        if compiler := dependency.conf_info.get("user.cpython-immortal:compiler"):
            environment.define("CC", compiler)
        toolchain.generate(environment)
        AutotoolsDeps(self).generate()
        VirtualRunEnv(self).generate()

    def build(self):
        if self.settings.os == "Windows":
            return
        # A Makefile without a configure script: its variables come from the environment.
        makefile = os.path.join(self.source_folder, "Makefile")
        package = Path(self.dependencies[self.tested_reference_str].package_folder)
        (header,) = package.glob("include/python*/cpython/object.h")
        added = int("PyUnstable_SetImmortal" in header.read_text())
        Autotools(self).make(args=["-f", makefile, f"S={self.source_folder}", f"ADDED={added}"])

    def test(self):
        dependency = self.dependencies[self.tested_reference_str]
        # What the interpreter of another machine runs with: an emulator.
        run = " ".join(dependency.conf_info.get("user.cpython-immortal:run", default=[]))
        package = dependency.package_folder
        python = dependency.conf_info.get("user.cpython-immortal:python")
        check = os.path.join(self.source_folder, "check.py")
        expected = "immortal" if self._immortal else "stock"
        if self.settings.os == "Windows":
            if os.path.exists(python):  # what runs it under Wine
                self.run(f'"{python}" -I "{check}" {expected} windows')
            return
        if not run and not can_run(self):
            return
        own = self.conf.get("user.cpython-immortal:sysroot") == "own"
        expected += " own" if own else " all"
        # The interpreter finds its own library; the embedding program has to be told.
        alone = f'env -u LD_LIBRARY_PATH {run} "{python}" -I'
        self.run(f'{alone} "{check}" {expected} "{self.build_folder}"', env="conanrun")
        program = os.path.join(self.build_folder, "embed")
        self.run(
            f'{run} "{program}" "{package}" "{check}" {expected} "{self.build_folder}"',
            env="conanrun",
        )

    @property
    def _immortal(self):
        return self.dependencies[self.tested_reference_str].options.immortal == "True"
