"""Write build.ninja: CPython's project files, turned into calls of clang-cl and lld-link."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from ..core.errors import BuildError
from . import msbuild, tools
from .msbuild import Item, Project
from .target import Arch

# Folders inside the source: what is built, and a copy of ci/windows/include, so that all paths
# are relative and a compiler cache finds what it has.
OUTPUT = "PCbuild/clang"
SUPPORT = f"{OUTPUT}/include"

# Definitions that one file needs beyond those of its project. In _tracemalloc.c a #pragma pack
# stands inside a typedef: clang takes __attribute__((packed)) there instead.
_DEFINITIONS = {"_tracemalloc": ["__GNUC__=4"]}
# _decimal's assembly is cl's and ml64's; portable C is what the ARM64 build of it takes anyway.
_ASSEMBLY = {"MASM", "PPRO"}

# What is done with each source file: the end of the compiler's command. To preprocess it as cl
# sees it is to take away what clang defines beyond that.
STEPS = {
    "compile": "/c $flags $in /Fo$out",
    "preprocess": "/P -U__clang__ $flags $in /Fi$out",
}

_RULES = """\
rule cc
  command = {compiler} {step}
  description = $in
rule link
  command = {linker} $flags @$out.rsp
  rspfile = $out.rsp
  rspfile_content = $in_newline $libraries
  description = $out
"""


class Writer:
    """Collects the text of build.ninja for one architecture."""

    def __init__(
        self, source: Path, arch: Arch, properties: Mapping[str, str], step: str = "compile"
    ) -> None:
        self.source = source
        self.arch = arch
        self.properties = properties
        self.links = step == "compile" and bool(arch.debian)
        self.objects: list[str] = []
        compiler = shlex.join(tools.compiler(arch, SUPPORT))
        self.text = _RULES.format(
            compiler=f"ccache {compiler}" if step == "compile" else compiler,
            step=STEPS[step],
            linker=shlex.join(tools.linker(arch)),
        )

    def add(self, name: str) -> None:
        """Add the project PCbuild/*name*.vcxproj: its files, and its program or DLL.

        The latter only where it is compiled, and Wine has libraries for the architecture.
        """
        properties = {"ProjectName": name, "IntDir": f"{OUTPUT}/obj/", **self.properties}
        project = msbuild.read(self.source / "PCbuild" / f"{name}.vcxproj", properties)
        items = {
            _inside(item.include): item
            for item in project.items["ClCompile"]
            if not item.include.startswith(self.properties["zlibDir"])  # Debian has it built
        }
        for source in items:
            if not (self.source / source).is_file():
                raise BuildError(f"{project.path.name} lists {source}, which is not there")
        objects = [self._unit(name, source, item) for source, item in items.items()]
        if self.links:
            self._link(project, list(items), objects)

    def _unit(self, name: str, source: str, item: Item) -> str:
        definitions = item.values("PreprocessorDefinitions")
        if name == "_decimal":
            definitions = ["ANSI", *(one for one in definitions if one not in _ASSEMBLY)]
        definitions += _DEFINITIONS.get(Path(source).stem, [])
        includes = map(_inside, item.values("AdditionalIncludeDirectories"))
        flags = [*(f"-I{path}" for path in includes), *(f"/D{one}" for one in definitions)]
        return self._compile(f"{name}/{source.removesuffix('.c').replace('/', '.')}", source, flags)

    def _compile(self, name: str, source: str, flags: list[str]) -> str:
        output = f"{OUTPUT}/obj/{name}.obj"
        self.text += f"build {output}: cc {source}\n  flags = {shlex.join(flags)}\n"
        self.objects.append(output)
        return output

    def _link(self, project: Project, sources: list[str], objects: list[str]) -> None:
        settings = project.definitions["Link"]
        program = project.properties["ConfigurationType"] == "Application"
        base = f"{OUTPUT}/{project.properties['TargetName']}"
        product = base + (project.properties.get("TargetExt") or (".exe" if program else ".dll"))
        core = f"{OUTPUT}/{self.properties['PyDllName']}"
        wanted = msbuild.split(settings["AdditionalDependencies"])
        libraries = tools.libraries(wanted)
        if product == f"{core}.dll":
            libraries.append(f"/usr/{self.arch.mingw}/lib/libz.a")
            needs = ""
        else:
            libraries.append(f"{core}.lib")
            needs = f" | {core}.dll"
        flags = [f"/out:{product}"]
        if program:
            text = "".join((self.source / one).read_text() for one in sources)
            flags += tools.program("wmain" if re.search(r"\bwmain\(", text) else "main")
            flags += ["/manifest:embed", "/manifestinput:PC/python.manifest"]
            flags += [f"/stack:{settings.get('StackReserveSize', '2000000')}"]
        else:
            no_entry = settings.get("NoEntryPoint") == "true"
            flags += ["/dll", "/noentry"] if no_entry else tools.DLL
            flags.append(f"/implib:{base}.lib")
        self.text += (
            f"build {product}: link {' '.join(objects)}{needs}\n"
            f"  flags = {' '.join(flags)}\n  libraries = {' '.join(libraries)}\n"
        )


def _inside(name: str) -> str:
    """Return a path of a project file, relative to the source's top."""
    return name.replace("\\", "/").removeprefix("../")
