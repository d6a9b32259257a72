"""Conan recipe: CPython 3.11 with the patch series (or without it), as an installation that can
be moved.

`conan create . -pr:h ci/profiles/x86_64-gcc -pr:b default` is all it takes; build-scripts/build.sh
is the comfortable way.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from conan import ConanFile
from conan.errors import ConanException, ConanInvalidConfiguration
from conan.tools.build import cross_building
from conan.tools.env import Environment
from conan.tools.files import check_sha256, copy, download, replace_in_file, unzip
from conan.tools.gnu import Autotools, AutotoolsToolchain
from conan.tools.system.package_manager import Apt

required_conan_version = ">=2.4"

DEFAULT_VERSION = "3.11.2"
# Where configure thinks that the installation lies. The interpreter finds its real place by
# itself; package() and _make_sysconfig_relocatable() see to the files that name this one.
PREFIX = "/opt/cpython-immortal"

# CPython doesn't free everything at exit, and tests that it survives a failing malloc.
ASAN_OPTIONS = "detect_leaks=0:allocator_may_return_null=1"

RELOCATE = """

def _relocate(built_for):
    import sys
    for name, value in build_time_vars.items():
        if isinstance(value, str) and built_for in value:
            build_time_vars[name] = value.replace(built_for, sys.base_exec_prefix)

_relocate({prefix!r})
"""

# A first line that is both shell and Python: the shell starts the interpreter beside the script.
SHEBANG = b"""#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/python3.11" "$0" "$@"
' '''
"""


class CPythonImmortal(ConanFile):
    name = "cpython-immortal"
    description = "CPython 3.11 with immortal objects"
    license = "PSF-2.0"
    homepage = "https://www.python.org/"
    topics = ("python", "interpreter", "immortal-objects", "copy-on-write")

    settings = "os", "arch", "compiler"
    options = {  # noqa: RUF012
        "immortal": [True, False],
        "base": ["upstream", "debian"],
        "debug": [True, False],
        "lto": [True, False],
        "pgo": [True, False],
        "sanitizers": ["none", "address", "undefined", "address+undefined"],
        "shared": [True, False],
        "trace_refs": [True, False],
    }
    default_options = {  # noqa: RUF012
        "immortal": True,
        "base": "upstream",
        "debug": False,
        "lto": False,
        "pgo": False,
        "sanitizers": "none",
        "shared": False,
        "trace_refs": False,
    }
    options_description = {  # noqa: RUF012
        "immortal": "apply the patch series; False builds stock CPython in the same way",
        "base": "debian puts Debian's own fixes to 3.11.2 under the series",
        "debug": "a debug build (--with-pydebug)",
        "lto": "link-time optimization",
        "pgo": "profile-guided optimization (--enable-optimizations)",
        "sanitizers": "instrument with the compiler's sanitizers",
        "shared": "build libpython as a shared library",
        "trace_refs": "keep a list of all objects (--with-trace-refs)",
    }

    exports = (
        "build-scripts/buildtool/__init__.py",
        "build-scripts/buildtool/errors.py",
        "build-scripts/buildtool/sources.py",
        "build-scripts/packages.txt",
    )
    exports_sources = "patches/3.11/*"
    test_package_folder = "tests/test_package"

    def set_version(self):
        self.version = self.version or DEFAULT_VERSION

    def configure(self):
        self.settings.rm_safe("compiler.cppstd")
        self.settings.rm_safe("compiler.libcxx")

    def validate(self):
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("only Linux is supported")
        if self.options.base == "debian" and self.version not in self.conan_data["debian"]:
            raise ConanInvalidConfiguration(f"Debian has no patches for {self.version}")

    def system_requirements(self):
        listed = Path(self.recipe_folder, "build-scripts", "packages.txt")
        Apt(self).install(self._read_list(listed), update=True)

    def layout(self):
        self.folders.source = "src"
        self.folders.build = "src"
        self.folders.generators = "generators"

    def source(self):
        entry = self.conan_data["sources"][self.version]
        archive = Path(entry["url"].rsplit("/", 1)[1])
        try:
            # Finds the file in Conan's download cache, if there is one, before it asks the server.
            download(self, entry["url"], str(archive), sha256=entry["sha256"], retry=0)
        except ConanException as error:
            self.output.warning(f"{error}: trying the other places")
            shutil.copy(self._fetch("fetch"), archive)
        check_sha256(self, str(archive), entry["sha256"])
        unzip(self, str(archive), strip_root=True)
        archive.unlink()

    def generate(self):
        toolchain = AutotoolsToolchain(self, prefix=PREFIX)
        # CPython chooses its own optimization; what is added here would be inherited by every
        # extension module that is built with the installed interpreter.
        toolchain.arch_flag = toolchain.arch_ld_flag = None
        toolchain.configure_args = [
            arg
            for arg in toolchain.configure_args
            if not arg.endswith("able-static") and not arg.startswith(("--sbin", "--oldinclude"))
        ]
        toolchain.configure_args += self._configure_args()
        environment = toolchain.environment()
        if "address" in str(self.options.sanitizers):
            environment.define("ASAN_OPTIONS", ASAN_OPTIONS)  # it runs during its own build
        toolchain.generate(environment)

        if shutil.which("ccache") and os.path.isdir("/usr/lib/ccache"):
            # By PATH, so that CC in sysconfig stays the plain compiler. Conan builds in a new
            # folder each time; relative paths keep the hits.
            ccache = Environment()
            ccache.prepend_path("PATH", "/usr/lib/ccache")
            ccache.define("CCACHE_BASEDIR", self.build_folder)
            ccache.define("CCACHE_NOHASHDIR", "1")
            ccache.vars(self).save_script("ccache")

    def build(self):
        self._apply_patches()
        autotools = Autotools(self)
        autotools.configure()
        if self.options.shared:
            # The interpreter finds its library wherever both are. "$" is escaped for make and for
            # the shell; the environment and configure would not leave it alone.
            variable = "CONFIGURE_LDFLAGS_NODIST="
            rpath = r"-Wl,-rpath,\$$ORIGIN/../lib"
            replace_in_file(self, "Makefile", variable, f"{variable}{rpath} ")
        autotools.make()
        self._make_sysconfig_relocatable()

    def package(self):
        stage = Path(self.build_folder, "stage")
        Autotools(self).install(args=[f"DESTDIR={stage}"])
        installed = stage / PREFIX.lstrip("/")
        # "make install" of 3.11.2 leaves out some of the test suite: test_capi, test_sqlite3, ...
        copy(
            self,
            "*",
            os.path.join(self.source_folder, "Lib", "test"),
            str(installed / "lib" / "python3.11" / "test"),
            excludes=("*.pyc", "crashers/*", "leakers/*"),
        )
        for path in (installed / "bin").iterdir():
            self._make_script_relocatable(path)
        for path in (installed / "lib" / "pkgconfig").iterdir():
            if not path.is_symlink():
                text = path.read_text()
                path.write_text(text.replace(f"prefix={PREFIX}", "prefix=${pcfiledir}/../.."))
        for path in installed.iterdir():
            shutil.move(path, self.package_folder)
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        suffix = "3.11d" if self.options.debug else "3.11"
        self.cpp_info.includedirs = [f"include/python{suffix}"]
        self.cpp_info.libs = [f"python{suffix}"]
        self.cpp_info.system_libs = ["dl", "m", "pthread", "util"]
        if not self.options.shared:
            # Extension modules take their symbols from the program that embeds the interpreter.
            self.cpp_info.exelinkflags = ["-Wl,--export-dynamic"]
        if self.options.sanitizers != "none":
            flag = f"-fsanitize={str(self.options.sanitizers).replace('+', ',')}"
            self.cpp_info.cflags = [flag]
            self.cpp_info.sharedlinkflags = [flag]
            self.cpp_info.exelinkflags += [flag]
        if "address" in str(self.options.sanitizers):
            self.runenv_info.define("ASAN_OPTIONS", ASAN_OPTIONS)

    # Steps of the above

    def _fetch(self, function):
        """Call a function of buildtool.sources; return the file that it fetched and verified."""
        folder = os.path.join(self.recipe_folder, "build-scripts")
        sys.path.insert(0, folder)
        try:
            from buildtool import errors, sources

            wanted = sources.source(self.conan_data, self.version)
            store = self.conf.get("user.cpython-immortal:sources") or self.recipe_folder
            return getattr(sources, function)(wanted, Path(store), self.output.info)
        except errors.BuildError as error:
            raise ConanException(str(error)) from error
        finally:
            sys.path.remove(folder)

    def _configure_args(self):
        options = self.options
        sanitizers = str(options.sanitizers)
        chosen = {
            "--enable-option-checking=fatal": True,
            "--enable-optimizations": options.pgo,
            "--with-lto": options.lto,
            "--with-pydebug": options.debug,
            "--with-trace-refs": options.trace_refs,
            "--with-address-sanitizer": "address" in sanitizers,
            "--with-undefined-behavior-sanitizer": "undefined" in sanitizers,
            "--without-ensurepip": cross_building(self),
        }
        return [arg for arg, wanted in chosen.items() if wanted]

    def _apply_patches(self):
        """Apply Debian's fixes, if asked for, then the series: in order, and without fuzz."""
        if self.options.base == "debian":
            patches = self._unpack_debian_patches()
            names = self._read_list(patches / "series")
            first = self.conan_data["debian"][self.version]["first_fix"]
            self._apply(patches, names[names.index(first) :])
            # Debian compiles pyexpat into the interpreter, so its fix for CVE-2026-4224 uses the
            # core's headers without more ado; as a module of its own, it has to say so.
            plain = "Extension('pyexpat', sources=['pyexpat.c']"
            core = "define_macros=[('Py_BUILD_CORE_MODULE', '1')]"
            replace_in_file(self, "setup.py", plain, f"{plain}, {core}")
        if self.options.immortal:
            patches = Path(self.export_sources_folder, "patches", "3.11")
            names = self._read_list(patches / "series")
            if not names:
                raise ConanException(
                    "patches/3.11/series lists no patch; build stock CPython with "
                    "-o immortal=False (build.sh --stock)"
                )
            self._apply(patches, names)

    def _unpack_debian_patches(self):
        """Fetch and unpack Debian's part of its source package; return the folder of patches."""
        folder = Path(self.build_folder).parent / "debian"
        archive = folder / "debian.tar.xz"
        folder.mkdir()
        shutil.copy(self._fetch("fetch_debian_patches"), archive)
        unzip(self, str(archive), str(folder), strip_root=True)
        return folder / "patches"

    @staticmethod
    def _read_list(path):
        """Return the names in a file: one a line, with "#" comments; none without the file."""
        if not path.exists():
            return []
        lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
        return [line for line in lines if line]

    def _apply(self, folder, names):
        for name in names:
            command = ["patch", "-p1", "--fuzz=0", "--forward", "--batch"]
            ran = subprocess.run(
                [*command, "--no-backup-if-mismatch", "-i", str(folder / name)],
                cwd=self.source_folder,
                env=os.environ | {"LC_ALL": "C"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            self.output.info(f"{name}\n{ran.stdout}")
            if ran.returncode:
                raise ConanException(
                    f"patch {name} does not apply: {self._first_reject(ran.stdout)}"
                )

    @staticmethod
    def _first_reject(output):
        """Return the file and the hunk that patch(1) could not place first."""
        file = ""
        for line in output.splitlines():
            if match := re.match(r"(?:patching|checking) file (.*)", line):
                file = match[1]
            elif "FAILED at" in line:
                return f"{file}, {line.rstrip('.')}"
            elif "can't find file" in line or "Reversed" in line or "malformed" in line:
                return f"{file} {line}".strip()
        return output.strip().splitlines()[-1] if output.strip() else "patch(1) gave no reason"

    def _make_sysconfig_relocatable(self):
        """Make sysconfig's build-time variables name the place where the interpreter now is."""
        built = Path(self.build_folder)
        library = built / (built / "pybuilddir.txt").read_text().strip()
        for path in library.glob("_sysconfigdata_*.py"):
            with path.open("a") as file:
                file.write(RELOCATE.format(prefix=PREFIX))

    @staticmethod
    def _make_script_relocatable(path):
        """Make a script start the interpreter beside it, wherever that is."""
        if path.is_symlink():
            return
        content = path.read_bytes()
        first, _, rest = content.partition(b"\n")
        if first.startswith(f"#!{PREFIX}/bin/python".encode()):
            path.write_bytes(SHEBANG + rest)
