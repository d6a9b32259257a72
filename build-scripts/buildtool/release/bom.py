"""The list of what an interpreter was made from (SBOM), in CycloneDX's JSON.

It has the source and its checksum, the series and each of its patches, the compiler, the libraries
that programs and modules are linked with, and what CPython's source brings of others.
"""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from ..core import process, targets
from ..install import place
from ..interpreter import inputs
from ..interpreter.configuration import Configuration
from . import archive, names

# What the interpreter says of its compiler, and of libraries that lie in CPython's own source.
ASKED = """\
import decimal, json, platform, pyexpat
expat = pyexpat.EXPAT_VERSION.removeprefix("expat_")
bundled = {"expat": expat, "mpdecimal": decimal.__libmpdec_version__}
print(json.dumps({"compiler": platform.python_compiler(), "bundled": bundled}))
"""


def write(prefix: Path, wanted: Configuration, published: Path) -> Path:
    """Write the list of the installation in *prefix*, whose archive is *published*; return it."""
    made = names.release(wanted)
    path = published.with_name(f"{made.name}.cdx.json")
    whole = _component(
        "cpython-immortal",
        wanted.version,
        ComponentType.APPLICATION,
        sha256=archive.sha256(published),
        licenses=[LicenseExpression("PSF-2.0")],
        properties=[
            Property(name="archive", value=published.name),
            Property(name="configuration", value=wanted.name),
            Property(name="fingerprint", value=str(place.marker(prefix)["fingerprint"])),
        ],
    )
    bom = Bom(
        components=_made_of(prefix, wanted),
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{published.name}#{whole.hashes}"),
    )
    bom.metadata.component = whole
    bom.metadata.timestamp = datetime.fromtimestamp(names.epoch(), timezone.utc)
    bom.register_dependency(whole, bom.components)
    path.write_text(JsonV1Dot6(bom).output_as_string(indent=1) + "\n")
    return path


def _made_of(prefix: Path, wanted: Configuration) -> Iterator[Component]:
    source, target = wanted.source(), targets.find(wanted.target)
    yield _component(
        "cpython",
        wanted.version,
        ComponentType.APPLICATION,
        sha256=source.sha256,
        purl=PackageURL("generic", None, "cpython", wanted.version, {"download_url": source.url}),
        licenses=[LicenseExpression("PSF-2.0")],
    )
    diffs = inputs.patch_digests(wanted.series, wanted.immortal)
    yield _component(
        f"series-{wanted.series}",
        inputs.series_digest(wanted.series, wanted.immortal)[:16],
        ComponentType.DATA,
        sha256=inputs.series_digest(wanted.series, wanted.immortal),
        properties=[Property(name=f"patch:{name}", value=found) for name, found in diffs.items()],
    )
    command = [str(place.interpreter(prefix)), "-IBc", ASKED]
    problem = f"{command[0]} does not run"
    said = json.loads(process.run(command, problem, env=process.clean_environment()))
    version = re.search(r"\d+(?:\.\d+)+", said["compiler"])
    yield _component(
        target.compiler,
        version[0] if version else "unknown",
        ComponentType.APPLICATION,
        scope=ComponentScope.EXCLUDED,  # it made the program, and is not in it
        properties=[Property(name="version", value=said["compiler"])],
    )
    for metadata in sorted(prefix.glob("lib/*/site-packages/*.dist-info/METADATA")):
        name, version_of = metadata.parent.name.removesuffix(".dist-info").rsplit("-", 1)
        purl = PackageURL("pypi", None, name, version_of)
        yield _component(name, version_of, ComponentType.LIBRARY, purl=purl)
    for name, version_of in said["bundled"].items():
        bundled_in = Property(name="bundled", value="in CPython's source")
        yield _component(name, version_of, ComponentType.LIBRARY, properties=[bundled_in])
    yield from _libraries(prefix, target)


def _libraries(prefix: Path, target: targets.Target) -> Iterator[Component]:
    """Yield the shared libraries of the system that it is linked with."""
    programs = [str(path) for path in (*prefix.glob("bin/*"), *prefix.glob("lib/**/*.so*"))]
    found: set[str] = set()
    for name in programs:
        path = Path(name)
        if path.is_file() and not path.is_symlink() and path.open("rb").read(4) == b"\x7fELF":
            said = process.run(["readelf", "-d", name], f"{name} can't be read")
            found.update(re.findall(r"\(NEEDED\).*\[(.*)\]", said))
    found -= {path.name for path in prefix.glob("lib/*.so*")}
    packages: dict[tuple[str, str], list[str]] = {}
    for soname in sorted(found):
        package = _package(soname, target)
        if package is None:
            yield _component(soname, "unknown", ComponentType.LIBRARY)
        else:
            packages.setdefault(package, []).append(soname)
    for (name, version), sonames in packages.items():
        purl = PackageURL("deb", "debian", name, version, {"arch": target.arch})
        properties = [Property(name="soname", value=one) for one in sonames]
        yield _component(name, version, ComponentType.LIBRARY, purl=purl, properties=properties)


def _package(soname: str, target: targets.Target) -> tuple[str, str] | None:
    """Return name and version of the Debian package that has a library; None if that is unknown."""
    if target.runner != "native" or shutil.which("dpkg-query") is None:
        return None
    where = process.first_line(target.compiler, f"-print-file-name={soname}")
    path = Path(where).resolve()
    if not path.is_absolute() or not path.exists():
        return None
    for one in (path, Path("/", *path.parts[2:])):  # /usr/lib is where /lib leads
        owner = process.first_line("dpkg-query", "-S", str(one)).partition(": ")[0]
        if "/" not in owner and owner != "unknown":
            name = owner.partition(":")[0]
            version = process.first_line("dpkg-query", "-W", "-f", "${Version}", owner)
            return name, version
    return None


def _component(
    name: str,
    version: str,
    kind: ComponentType,
    *,
    sha256: str = "",
    scope: ComponentScope | None = None,
    purl: PackageURL | None = None,
    licenses: list[LicenseExpression] | None = None,
    properties: list[Property] | None = None,
) -> Component:
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=sha256)] if sha256 else []
    return Component(
        name=name,
        version=version,
        type=kind,
        bom_ref=f"{name}@{version}",
        scope=scope,
        hashes=hashes,
        purl=purl,
        licenses=licenses or [],
        properties=properties or [],
    )
