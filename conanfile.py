"""Conan recipe: CPython with a patch series, or without one, as an installation that can be moved.

`conan create . -pr:h ci/profiles/x86_64-gcc -pr:b default` is all it takes; build-scripts/build.sh
is the comfortable way.
"""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from conan import ConanFile
from conan.errors import ConanException, ConanInvalidConfiguration
from conan.tools.build import build_jobs, cross_building
from conan.tools.env import Environment
from conan.tools.files import check_sha256, copy, download, replace_in_file, unzip
from conan.tools.gnu import Autotools, AutotoolsToolchain
from conan.tools.system.package_manager import Apt

# The modules that are exported with the recipe.
sys.path.insert(0, str(Path(__file__).parent / "build-scripts"))
from buildtool.core import errors, versions
from buildtool.recipe import patches, relocate, reproducible, sources, sysroot, toolchain
from buildtool.recipe.options import OPTIONS, configure_args
from buildtool.series import order
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

# What configure can't find out by running a program of the target; these hold for all of Linux,
# and a profile's [buildenv] may say otherwise.
CROSS_ANSWERS = {
    "ac_cv_file__dev_ptmx": "yes",
    "ac_cv_file__dev_ptc": "no",
    "ac_cv_buggy_getaddrinfo": "no",
    "ac_cv_aligned_required": "no",
    "ac_cv_computed_gotos": "yes",
    "ac_cv_posix_semaphores_enabled": "yes",
    "ac_cv_broken_sem_getvalue": "no",
    "ac_cv_working_tzset": "yes",
    "ac_cv_pthread_is_default": "yes",
}

# How fast a loop is depends on where it happens to lie: binascii's decoder took up to 1.2 times as
# long for the function's lying 16 bytes further on. So a function that doesn't change keeps its
# place within the processor's cache lines. Both compilers leave cold functions alone.
PLACED = "-falign-functions=64"
# When these passes of gcc 12 lead several edges into a block of its own, its count is that of all
# but the first. If only that one is ever taken, gcc holds what follows for cold: once the whole
# eval loop was put where code goes that never runs.
COUNTS_KEPT = "-fdisable-tree-cddce2 -fdisable-tree-cddce3"

# CPython doesn't free everything at exit, and tests that it survives a failing malloc.
ASAN_OPTIONS = "detect_leaks=0:allocator_may_return_null=1"

# pip's settings of the installation. A wheel that pip has built from source with stock CPython has
# the same name, and counts references without a test: pip keeps those that it builds apart.
PIP_CONF = """\
# What pip builds from source with another CPython {minor} is not taken for this one's.
# PIP_CACHE_DIR and --cache-dir override it. A virtual environment has a pip.conf of its own.
[global]
cache-dir = ~/.cache/pip/cpython-immortal
"""

# Modules/Setup.local, by which CPython is given another module; see Misc/cowtrace/setup.py.
COWTRACE = """\
*shared*
_cowtrace _cowtrace/_cowtrace.c -Wl,-z,now
*static*
"""


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

    exports = (
        "build-scripts/buildtool/__init__.py",
        "build-scripts/buildtool/core/__init__.py",
        "build-scripts/buildtool/core/apt.py",
        "build-scripts/buildtool/core/cache.py",
        "build-scripts/buildtool/core/errors.py",
        "build-scripts/buildtool/core/paths.py",
        "build-scripts/buildtool/core/process.py",
        "build-scripts/buildtool/core/versions.py",
        "build-scripts/buildtool/recipe/*.py",
        "build-scripts/buildtool/series/__init__.py",
        "build-scripts/buildtool/series/order.py",
        "build-scripts/buildtool/windows/*.py",
        "build-scripts/packages.txt",
        "build-scripts/versions/*.yml",
        "ci/windows/*",
    )
    exports_sources = (
        "patches/*/*",
        "Misc/cowtrace/cowtrace/*.py",
        "Misc/cowtrace/cowtrace/*.css",
        "Misc/cowtrace/cowtrace/*.js",
        "Misc/cowtrace/cowtrace/*.typed",
        "Misc/cowtrace/src/*",
    )
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
            versions.check(self.conan_data, self._python, bool(self.options.immortal))
        except errors.BuildError as error:
            raise ConanInvalidConfiguration(str(error)) from error
        if self._windows and not self._python.facts.windows:
            raise ConanInvalidConfiguration(f"{self.version} can't be built for Windows here")
        if self._windows and any(
            str(self.options.get_safe(name)) != str(value)
            for name, value in self.default_options.items()
            if name not in ("immortal", "base")
        ):
            raise ConanInvalidConfiguration("for Windows there is one flavour, the default")
        if self.options.free_threaded and self.options.trace_refs:
            raise ConanInvalidConfiguration("a free-threaded build can't have trace_refs")
        if self.options.base == "debian" and self.version not in self.conan_data["debian"]:
            raise ConanInvalidConfiguration(f"Debian has no patches for {self.version}")
        if self.options.pgo and self._crosses:
            raise ConanInvalidConfiguration(
                "profile-guided optimization runs the interpreter, which a cross build can't"
            )

    def build_requirements(self):
        if self._crosses:
            # It runs the scripts of the build with the library that is built, which may ask for
            # functions that stock doesn't have.
            kind = {name: self.options.get_safe(name).value for name in NATIVE_TOO}
            self.tool_requires(f"{self.name}/{self.version}", options=kind)

    def build_system_requirements(self):
        listed = patches.read_list(Path(self.recipe_folder, "build-scripts", "packages.txt"))
        # The target's compiler and emulator, which run here.
        listed += self._conf("packages", default=[], check_type=list)
        if self._needs_llvm and not self._conf("toolchain"):
            version = self.settings.compiler.version
            listed.append(f"llvm-{version}")
            if self.options.pgo:
                listed.append(f"libclang-rt-{version}-dev")
        Apt(self).install(listed, update=True, host_package=False)

    def layout(self):
        self.folders.source = "src"
        self.folders.build = "src"
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
        tools.configure_args += self._configure_args()
        environment = tools.environment()
        environment.define("SOURCE_DATE_EPOCH", str(self._moment))
        environment.append("CFLAGS_NODIST", reproducible.flag(self._workplace))
        if self.settings.compiler == "gcc" and self.options.lto:  # then to link is to compile
            environment.append("LDFLAGS_NODIST", reproducible.flag(self._workplace))
        if self._crosses:
            given = self.buildenv.vars(self).keys()
            for name in CROSS_ANSWERS.keys() - given:
                environment.define(name, CROSS_ANSWERS[name])
        if self.options.pgo:
            # Extensions don't inherit what is "nodist".
            environment.append("CFLAGS_NODIST", PLACED)
            if (self.settings.compiler, self.settings.compiler.version) == ("gcc", "12"):
                environment.append("CFLAGS_NODIST", COUNTS_KEPT)
                environment.append("LDFLAGS_NODIST", COUNTS_KEPT)  # which compiles, with --lto
        compiler = self._compiler
        if release := self._conf("toolchain"):
            compiler = str(toolchain.make(release, compiler, self.output.info))
            environment.define("CC", compiler)
        if self._needs_llvm:
            # configure would take the first in PATH, which may be of another version.
            environment.define("LLVM_AR", self._tool_of(compiler, "llvm-ar"))
            environment.define("LLVM_PROFDATA", self._tool_of(compiler, "llvm-profdata"))
        if sysroot := self._sysroot():
            root = sysroot.make(self.output.info, build_jobs(self))
            library = root / "usr" / "lib"
            multiarch = self._triplet.replace("i686", "i386")
            flags = " ".join(self._target_flags())
            compilers = self.conf.get("tools.build:compiler_executables", check_type=dict)
            environment.define("CC", f"{compilers['c']} {flags}")
            # configure leaves this out, for it asks a compiler whose name has all that in it.
            environment.define("WRAP", "-fwrapv")
            environment.define("CXX", f"{compilers['cpp']} {flags}")
            environment.define("PKG_CONFIG_SYSROOT_DIR", str(root))
            environment.define("PKG_CONFIG_SYSTEM_INCLUDE_PATH", f"{root}/usr/include")
            environment.define(
                "PKG_CONFIG_LIBDIR",
                f"{library}/{multiarch}/pkgconfig:{library}/pkgconfig",
            )
            if self.settings.compiler == "clang" or "musl" in multiarch:
                # CPython's setup.py asks the compiler for these: it takes no answer from Debian's
                # clang, and musl's wrapper of gcc doesn't look into a sysroot.
                for folder in ("", f"/{multiarch}"):
                    environment.append("CPPFLAGS", f"-I{root}/usr/include{folder}")
                    environment.append("LDFLAGS", f"-L{library}{folder}")
        if "address" in str(self.options.sanitizers):
            environment.define("ASAN_OPTIONS", ASAN_OPTIONS)  # it runs during its own build
        tools.generate(environment)

        if shutil.which("ccache") and os.path.isdir("/usr/lib/ccache"):
            # By PATH, so that CC in sysconfig stays the plain compiler. Conan builds in a new
            # folder each time; relative paths keep the hits.
            ccache = Environment()
            ccache.prepend_path("PATH", "/usr/lib/ccache")
            ccache.define("CCACHE_BASEDIR", self.build_folder)
            ccache.define("CCACHE_NOHASHDIR", "1")
            ccache.vars(self).save_script("ccache")

    @told
    def build(self):
        self._apply_patches()
        self._add_cowtrace()
        if self._windows:
            native = self._native
            root = self._wine().make(self.output.info)
            source, jobs = Path(self.source_folder), build_jobs(self)
            windows_build.compile_all(source, root, native, jobs, self.output.info)
            return
        autotools = Autotools(self)
        autotools.configure()
        if self.options.shared:
            # The interpreter finds its library wherever both are. "$" is escaped for make and for
            # the shell; the environment and configure would not leave it alone.
            variable = "CONFIGURE_LDFLAGS_NODIST="
            rpath = r"-Wl,-rpath,\$$ORIGIN/../lib"
            replace_in_file(self, "Makefile", variable, f"{variable}{rpath} ")
        # The library compiled for -O and -OO as well takes three times as long to install; where it
        # is asked for, the interpreter does that by itself.
        for old, new in self._python.facts.makefile.items():
            replace_in_file(self, "Makefile", old, new)
        autotools.make()
        relocate.variables(Path(self.build_folder), PREFIX)
        reproducible.variables(Path(self.build_folder), self._workplace)

    @told
    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        if self._windows:
            source, place = Path(self.source_folder), Path(self.package_folder)
            windows_build.install(source, self._wine(), place)
            return
        stage = Path(self.build_folder, "stage")
        Autotools(self).install(args=[f"DESTDIR={stage}"])
        installed = stage / PREFIX.lstrip("/")
        # "make install" leaves out some of the test suite: test_capi, test_sqlite3, ...
        copy(
            self,
            "*",
            os.path.join(self.source_folder, "Lib", "test"),
            str(installed / self._python.library / "test"),
            excludes=("*.pyc", "crashers/*", "leakers/*"),
        )
        # The pretty printers for gdb, which "make install" leaves out, too.
        share = installed / "share" / "gdb"
        share.mkdir(parents=True)
        printers = Path(self.source_folder, "Tools", "gdb", "libpython.py")
        shutil.copyfile(printers, share / f"{self._python.program}-gdb.py")
        if self.options.immortal:
            (installed / "pip.conf").write_text(PIP_CONF.format(minor=self._python.minor))
        relocate.installation(installed, PREFIX, self._python)
        reproducible.installation(installed, self._workplace, self._moment)
        for path in installed.iterdir():
            shutil.move(path, self.package_folder)

    @told
    def package_info(self):
        python = self._python
        program = Path(self.package_folder, "bin", python.program)
        self.conf_info.define(f"{CONF}:python", str(program))
        if self._windows:
            self.cpp_info.includedirs, self.cpp_info.libdirs = ["include"], ["libs"]
            self.cpp_info.bindirs, self.cpp_info.libs = [""], [python.dll]
            return
        self.cpp_info.includedirs = [str(python.include)]
        self.cpp_info.libs = [python.link_name]
        self.cpp_info.system_libs = ["dl", "m", "pthread", "util"]
        if not self.options.shared:
            # Extension modules take their symbols from the program that embeds the interpreter.
            self.cpp_info.exelinkflags = ["-Wl,--export-dynamic"]
        if self.options.sanitizers != "none":
            flag = f"-fsanitize={str(self.options.sanitizers).replace('+', ',')}"
            self.cpp_info.cflags = [flag]
            self.cpp_info.sharedlinkflags = [flag]
            self.cpp_info.exelinkflags += [flag]
        if self.settings.compiler == "clang" and self.options.lto:
            # The library holds bitcode: there are no fat objects as gcc makes them.
            self.cpp_info.exelinkflags.append("-flto")
        if "address" in str(self.options.sanitizers):
            self.runenv_info.define("ASAN_OPTIONS", ASAN_OPTIONS)
        if sysroot := self._sysroot():
            flags = self._target_flags()
            self.cpp_info.cflags = [*self.cpp_info.cflags, *flags]
            self.cpp_info.sharedlinkflags = [*self.cpp_info.sharedlinkflags, *flags]
            self.cpp_info.exelinkflags = [*self.cpp_info.exelinkflags, *flags]
            self.conf_info.define(f"{CONF}:run", sysroot.runner(self._conf("runner")))
        if release := self._conf("toolchain"):
            compilers = self.conf.get("tools.build:compiler_executables", check_type=dict)
            program = toolchain.place(release, compilers["c"])
            self.conf_info.define(f"{CONF}:compiler", str(program))

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
    def _workplace(self):
        """The folder of Conan's in which it is built, with what Conan generates."""
        return Path(self.build_folder).parent

    @property
    def _moment(self):
        """The time that the build is given, in seconds."""
        return reproducible.moment(Path(self.source_folder), Path(self.export_sources_folder))

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
        kind = self._conf("sysroot")
        if not kind:
            return None
        compilers = self.conf.get("tools.build:compiler_executables", check_type=dict)
        return sysroot.Sysroot(kind, self._triplet, compilers["c"], self.conan_data)

    def _target_flags(self):
        """Return what makes the compiler compile for the target."""
        clang = self.settings.compiler == "clang"
        target = [f"--target={self._triplet}"] if clang else []
        return [*target, f"--sysroot={self._sysroot().folder}"]

    @property
    def _compiler(self):
        """The C compiler's name or path."""
        compilers = self.conf.get("tools.build:compiler_executables", default={}, check_type=dict)
        return compilers.get("c", str(self.settings.compiler))

    @property
    def _needs_llvm(self):
        """Whether clang's own tools take part: to archive its bitcode, and to merge profiles."""
        return self.settings.compiler == "clang" and (self.options.lto or self.options.pgo)

    def _tool_of(self, clang, name):
        """Return the path of the tool that belongs to *clang*."""
        asked = [clang, f"-print-prog-name={name}"]
        path = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
        if not os.path.isabs(path):
            raise ConanException(f"{clang} comes without {name}, which lto and pgo need")
        return path

    def _configure_args(self):
        args = configure_args({one.name: self.options.get_safe(one.name) for one in OPTIONS})
        if self._crosses:
            args += ["--without-ensurepip", f"--with-build-python={self._native}"]
        return args

    def _add_cowtrace(self):
        """Lay the package Misc/cowtrace over the tree, as a part of the standard library."""
        if self._windows or self.options.free_threaded:
            return
        package = Path(self.export_sources_folder, "Misc", "cowtrace")
        source = Path(self.source_folder)
        copy(self, "*", str(package / "cowtrace"), str(source / "Lib" / "cowtrace"))
        copy(self, "*", str(package / "src"), str(source / "Modules" / "_cowtrace"))
        (source / "Modules" / "Setup.local").write_text(COWTRACE)
        # "make install" installs the folders of this list.
        folders = "\nLIBSUBDIRS=\tasyncio "
        replace_in_file(self, "Makefile.pre.in", folders, f"{folders}cowtrace ")

    def _apply_patches(self):
        """Apply Debian's fixes, if asked for, then the series: in order, and without fuzz."""
        tree = Path(self.source_folder)
        if self.options.base == "debian":
            folder = self._unpack_debian_patches()
            names = patches.read_list(folder / "series")
            first = self.conan_data["debian"][self.version]["first_fix"]
            patches.apply(tree, folder, names[names.index(first) :], self.output.info)
            # Debian compiles pyexpat into the interpreter, so its fix for CVE-2026-4224 uses the
            # core's headers without more ado; as a module of its own, it has to say so.
            plain = "Extension('pyexpat', sources=['pyexpat.c']"
            core = "define_macros=[('Py_BUILD_CORE_MODULE', '1')]"
            replace_in_file(self, "setup.py", plain, f"{plain}, {core}")
        if not self.options.immortal:
            return
        taken = versions.series(self.conan_data, self.version)
        if not taken:
            return
        folder = Path(self.export_sources_folder, "patches", taken)
        names = order.read(folder / "series").names
        if not names:
            raise ConanException(
                f"patches/{taken}/series lists no patch; build stock CPython with "
                "-o immortal=False (build.sh --stock)"
            )
        patches.apply(tree, folder, names, self.output.info)

    def _unpack_debian_patches(self):
        """Fetch and unpack Debian's part of its source package; return the folder of patches."""
        folder = Path(self.build_folder).parent / "debian"
        archive = folder / "debian.tar.xz"
        folder.mkdir()
        shutil.copy(sources.fetch_debian_patches(*self._wanted(), self.output.info), archive)
        unzip(self, str(archive), str(folder), strip_root=True)
        return folder / "patches"
