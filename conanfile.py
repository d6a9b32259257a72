"""Conan recipe: CPython with a patch series, or without one, as an installation that can be moved.

`conan create . -pr:h ci/profiles/x86_64-gcc -pr:b default` is all it takes; build-scripts/build.sh
is the comfortable way.
"""

import functools
import os
import shutil
import sys
from pathlib import Path

from conan import ConanFile
from conan.errors import ConanException, ConanInvalidConfiguration
from conan.tools.build import build_jobs, cross_building
from conan.tools.env import Environment
from conan.tools.files import check_sha256, copy, download, unzip
from conan.tools.gnu import Autotools, AutotoolsToolchain
from conan.tools.system.package_manager import Apt

# The modules that are exported with the recipe.
sys.path.insert(0, str(Path(__file__).parent / "build-scripts"))
from buildtool.core import errors, lists, versions
from buildtool.recipe import environment, exported, reproducible, sources, sysroot, toolchain, tree
from buildtool.recipe.options import OPTIONS, check, configure_args
from buildtool.windows import build as windows_build
from buildtool.windows import root as windows_root

sys.path.pop(0)

required_conan_version = ">=2.34"  # which knows build_system_requirements()

# The part of a profile's [conf] that is for this recipe alone: user.cpython-immortal:NAME
#   packages   Debian packages that bring the target's compiler and emulator
#   sysroot    Debian's name of the architecture, or "own": see buildtool/recipe/sysroot.py
#   runner     what the target's programs run with: see ci/targets.toml
#   toolchain  the release of Debian whose compiler it is, if it isn't this machine's
#   sources    a folder of sources that have been fetched
# Those who use the package are told:
#   python     the interpreter, in its package
#   run        the command that stands before the target's programs for them to run here
#   compiler   the C compiler, where it is none of PATH
CONF = "user.cpython-immortal"
# The options that the native interpreter has in common with the one that is built by it.
NATIVE_TOO = ("immortal", "free_threaded")
# Where configure thinks that the installation lies. The interpreter finds its real place by
# itself; recipe/relocate.py sees to the files that name this one.
PREFIX = "/opt/cpython-immortal"


def told(method):
    """Make an error of the modules above Conan's own, which it shows in one line."""

    @functools.wraps(method)
    def call(self):
        try:
            return method(self)
        except errors.BuildError as error:
            raise ConanException(str(error)) from error

    return call


class CPythonImmortal(ConanFile):
    name = "cpython-immortal"
    description = "CPython with immortal objects"
    license = "PSF-2.0"
    homepage = "https://www.python.org/"
    topics = ("python", "interpreter", "immortal-objects", "copy-on-write")

    settings = "os", "arch", "compiler"
    options = {one.name: list(one.values) for one in OPTIONS}  # noqa: RUF012
    default_options = {one.name: one.default for one in OPTIONS}  # noqa: RUF012
    options_description = {one.name: f"{one.flag}: {one.help}" for one in OPTIONS}  # noqa: RUF012

    exports = exported.TOOLS + exported.VERSIONS + exported.WINDOWS
    exports_sources = exported.PATCHES + exported.COWTRACE + exported.IMMORTAL
    test_package_folder = "tests/test_package"

    def set_version(self):
        self.version = self.version or self.conan_data["default"]

    def configure(self):
        self.settings.rm_safe("compiler.cppstd")
        self.settings.rm_safe("compiler.libcxx")

    def validate(self):
        if self.settings.os not in ("Linux", "Windows"):
            raise ConanInvalidConfiguration("only Linux and Windows are supported")
        try:
            check(self.conan_data, self._python, self._chosen, self._windows, self._crosses)
        except errors.BuildError as error:
            raise ConanInvalidConfiguration(str(error)) from error

    def build_requirements(self):
        if self._crosses:
            # It runs the scripts of the build with the library that is built, which may ask for
            # functions that stock doesn't have.
            kind = {name: self.options.get_safe(name).value for name in NATIVE_TOO}
            self.tool_requires(f"{self.name}/{self.version}", options=kind)

    def build_system_requirements(self):
        listed = lists.read(Path(self.recipe_folder, "build-scripts", "packages.txt"))
        # The target's compiler and emulator, which run here.
        listed += self._conf("packages", default=[], check_type=list)
        if self._needs_llvm and not self._conf("toolchain"):
            version = self.settings.compiler.version
            listed.append(f"llvm-{version}")
            if self.options.pgo:
                listed.append(f"libclang-rt-{version}-dev")
        Apt(self).install(listed, update=True, host_package=False)

    def layout(self):
        # In one place: make looks for Modules/Setup.local where it builds.
        self.folders.source = self.folders.build = "src"
        self.folders.generators = "generators"

    @told
    def source(self):
        entry = self.conan_data["sources"][self.version]
        archive = Path(entry["url"].rsplit("/", 1)[1])
        try:
            # Finds the file in Conan's download cache, if there is one, before it asks the server.
            download(self, entry["url"], str(archive), sha256=entry["sha256"], retry=0)
        except ConanException as error:
            self.output.warning(f"{error}: trying the other places")
            shutil.copy(sources.fetch(*self._wanted(), self.output.info), archive)
        check_sha256(self, str(archive), entry["sha256"])
        unzip(self, str(archive), strip_root=True)
        archive.unlink()

    @told
    def generate(self):
        if self._windows:
            return  # its projects say how it is built
        tools = AutotoolsToolchain(self, prefix=PREFIX)
        # CPython chooses its own optimization; what is added here would be inherited by every
        # extension module that is built with the installed interpreter.
        tools.arch_flag = tools.arch_ld_flag = None
        tools.configure_args = [
            arg
            for arg in tools.configure_args
            if not arg.endswith("able-static") and not arg.startswith(("--sbin", "--oldinclude"))
        ]
        tools.configure_args += [*configure_args(self._chosen), *self._python.facts.configure]
        variables = tools.environment()
        if self._crosses:
            tools.configure_args += ["--without-ensurepip", f"--with-build-python={self._native}"]
            environment.answer(variables, self.buildenv.vars(self).keys())
        compiler, program = self.settings.compiler, self._compiler
        given = Path(self.source_folder), Path(self.export_sources_folder)
        reproducible.prepare(variables, *given, compiler == "gcc" and bool(self.options.lto))
        if self.options.pgo:
            environment.optimize(variables, str(compiler), str(compiler.version))
        if release := self._conf("toolchain"):
            program = str(toolchain.make(release, program, self.output.info))
            variables.define("CC", program)
        if self._needs_llvm:
            environment.use_llvm(variables, program)
        if sysroot := self._sysroot():
            root = sysroot.make(self.output.info, build_jobs(self))
            clang = compiler == "clang"
            flags = " ".join(sysroot.flags(clang))
            programs = [f"{self._compilers[name]} {flags}" for name in ("c", "cpp")]
            environment.use_sysroot(variables, root, self._triplet, programs, not clang)
        if "address" in str(self.options.sanitizers):
            variables.define("ASAN_OPTIONS", environment.ASAN_OPTIONS)  # it runs as it is built
        tools.generate(variables)

        if shutil.which("ccache") and os.path.isdir("/usr/lib/ccache"):
            environment.use_ccache(ccache := Environment(), self.build_folder)
            ccache.vars(self).save_script("ccache")

    @told
    def build(self):
        say, python = self.output.info, self._python
        place, given = Path(self.source_folder), Path(self.export_sources_folder)
        if self.options.base == "debian":
            tree.apply_debian(place, *self._wanted(), say)
        series = versions.series(self.conan_data, self.version)
        if self.options.immortal and series:
            tree.apply_series(place, given / "patches" / series, say)
        if self._windows:
            root = self._wine().make(say)
            windows_build.compile_all(place, root, self._native, build_jobs(self), say)
            return
        if not self.options.free_threaded:
            tree.add_cowtrace(place, given / "Misc" / "cowtrace")
        autotools = Autotools(self)
        autotools.configure()
        tree.change_makefile(Path("Makefile"), python, bool(self.options.shared))
        autotools.make()
        reproducible.variables(place, PREFIX)

    @told
    def package(self):
        source, place = Path(self.source_folder), Path(self.package_folder)
        copy(self, "LICENSE", str(source), str(place / "licenses"))
        if self._windows:
            windows_build.install(source, self._wine(), place)
            return
        stage = Path(self.build_folder, "stage")
        Autotools(self).install(args=[f"DESTDIR={stage}"])
        installed = stage / PREFIX.lstrip("/")
        tree.complete(installed, source, self._python, bool(self.options.immortal))
        given = Path(self.export_sources_folder)
        reproducible.complete(installed, PREFIX, self._python, source, given)
        for path in installed.iterdir():
            shutil.move(path, place)

    @told
    def package_info(self):
        python = self._python
        self.conf_info.define(f"{CONF}:python", f"{self.package_folder}/bin/{python.program}")
        if self._windows:
            self.cpp_info.includedirs, self.cpp_info.libdirs = ["include"], ["libs"]
            self.cpp_info.bindirs, self.cpp_info.libs = [""], [python.dll]
            return
        self.cpp_info.includedirs = [str(python.include)]
        self.cpp_info.libs = [python.link_name]
        self.cpp_info.system_libs = ["dl", "m", "pthread", "util"]
        clang, sysroot = self.settings.compiler == "clang", self._sysroot()
        flags = sysroot.flags(clang) if sysroot else []
        common, program = environment.flags_of_users(self._chosen, clang, flags)
        self.cpp_info.cflags = self.cpp_info.sharedlinkflags = common
        self.cpp_info.exelinkflags = program
        if "address" in str(self.options.sanitizers):
            self.runenv_info.define("ASAN_OPTIONS", environment.ASAN_OPTIONS)
        if sysroot:
            self.conf_info.define(f"{CONF}:run", sysroot.runner(self._conf("runner")))
        if release := self._conf("toolchain"):
            compiler = str(toolchain.place(release, self._compiler))
            self.conf_info.define(f"{CONF}:compiler", compiler)

    # Steps of the above

    def _conf(self, name, **options):
        """Return what the profile says to this recipe alone."""
        return self.conf.get(f"{CONF}:{name}", **options)

    @property
    def _python(self):
        """The version that is built, and its kind."""
        kind = {name: bool(self.options.get_safe(name)) for name in ("free_threaded", "debug")}
        return versions.Python(str(self.version), **kind)

    @property
    def _native(self):
        """The interpreter of this machine that takes part in a cross build."""
        native = self.dependencies.build[self.name]
        return Path(native.package_folder, "bin", self._python.program)

    def _wanted(self):
        """Return the source, and where it is kept."""
        wanted = sources.source(self.conan_data, self.version)
        return wanted, Path(self._conf("sources") or self.recipe_folder)

    def _wine(self):
        """Return the root in which it is built for Windows, made or not."""
        arch = {"x86": "i686", "armv8": "aarch64"}.get(str(self.settings.arch))
        return windows_root.find(arch or str(self.settings.arch))

    @property
    def _windows(self):
        return self.settings.os == "Windows"

    @property
    def _crosses(self):
        """Tell whether it is built for another machine than this, or for another C library."""
        return cross_building(self) or bool(self._triplet)

    @property
    def _triplet(self):
        return self.conf.get("tools.gnu:host_triplet")

    def _sysroot(self):
        """Return the sysroot that the profile asks for, made or not; None without one."""
        if kind := self._conf("sysroot"):
            return sysroot.Sysroot(kind, self._triplet, self._compiler, self.conan_data)
        return None

    @property
    def _compilers(self):
        """What the profile says of the commands of compilers."""
        return self.conf.get("tools.build:compiler_executables", default={}, check_type=dict)

    @property
    def _compiler(self):
        """The C compiler's name or path."""
        return self._compilers.get("c", str(self.settings.compiler))

    @property
    def _needs_llvm(self):
        """Whether clang's own tools take part: to archive its bitcode, and to merge profiles."""
        return self.settings.compiler == "clang" and (self.options.lto or self.options.pgo)

    @property
    def _chosen(self):
        """The values of the options, by their names."""
        return {one.name: self.options.get_safe(one.name) for one in OPTIONS}
