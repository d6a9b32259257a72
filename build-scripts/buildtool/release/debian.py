"""A Debian package of an installation, in a prefix of its own under /opt."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import tempfile
import textwrap
import time
from pathlib import Path

from ..core import paths, process, targets
from ..core.errors import BuildError
from ..core.versions import Python
from ..interpreter.configuration import Configuration
from . import archive, names

# What lintian holds for an error, and is as it should be.
OVERRIDES = """\
# It is not Debian's: the hierarchy of file systems leaves /opt to it.
{package}: dir-or-file-in-opt *
# The library's modules are started by the interpreter that they belong to, none of Debian's.
{package}: python3-script-but-no-python3-dep *
{package}: interpreter-in-usr-local *
# The shell reads the first lines of these scripts alone, and starts the interpreter beside them.
{package}: shell-script-fails-syntax-check *
# These call the interpreter alone.
{package}: library-not-linked-against-libc *
# CPython's source brings expat, which all builds of it have but Debian's.
{package}: embedded-library *expat*
"""

# pip may not change what dpkg has installed: see PEP 668.
MANAGED = """\
[externally-managed]
Error=This interpreter belongs to the package {package}. Make a virtual environment:
 {program} -m venv DIR
"""

POSTINST = """\
#!/bin/sh
set -e
if [ "$1" = configure ]; then
    # Who uses it can't write there, and would compile the library at each start.
    {program} -Im compileall -q {library} || true
fi
"""

PRERM = """\
#!/bin/sh
set -e
find {prefix} -type d -name __pycache__ -prune -exec rm -rf '{{}}' +
"""

COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Source: https://www.python.org/

Files: *
Copyright: Python Software Foundation, and the authors of the series
License: PSF-2.0
"""


def write(prefix: Path, wanted: Configuration, out: Path) -> Path:
    """Write the package of the installation of *wanted* in *prefix* into *out*; return it."""
    made, python = names.release(wanted), wanted.python
    architecture = _architecture(targets.find(wanted.target))
    package = f"cpython-immortal{python.minor}"
    version = f"{wanted.version.replace('rc', '~rc')}+{made.tag}"
    place = Path("/opt/cpython-immortal", python.minor)
    path = out / f"{package}_{version}_{architecture}.deb"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix="making-") as work:
        root = Path(work, "root")
        root.mkdir(mode=0o755)
        installed = root / place.relative_to("/")
        installed.parent.mkdir(parents=True)
        archive.stage(prefix, wanted, installed, stripped=True)
        _fill(root, installed, package, place, python)
        _documents(root / "usr/share/doc" / package, installed / "licenses", package, version)
        depends = _depends(installed, Path(work), package)
        _control(root, package, version, architecture, depends)
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(names.epoch())}
        built = Path(work, path.name)
        command = ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(root), str(built)]
        process.run(command, "dpkg-deb failed", env=environment)
        built.replace(path)
    return path


def _architecture(target: targets.Target) -> str:
    if target.runner != "native" or target.compiler.startswith("musl"):
        raise BuildError(f"a package of {target.name} is made on such a machine; this is another")
    return process.run(["dpkg", "--print-architecture"], "dpkg does not run").strip()


def _fill(root: Path, installed: Path, package: str, place: Path, python: Python) -> None:
    """Add to the installation what makes it a package's."""
    program, library = place / "bin" / python.program, place / python.library
    words = {"package": package, "program": program, "library": library, "prefix": place}
    managed = installed / python.library / "EXTERNALLY-MANAGED"
    managed.write_text(MANAGED.format(**words))
    overrides = root / "usr/share/lintian/overrides" / package
    overrides.parent.mkdir(parents=True)
    overrides.write_text(OVERRIDES.format(**words))
    control = root / "DEBIAN"
    control.mkdir(mode=0o755)
    for name, text in (("postinst", POSTINST), ("prerm", PRERM)):
        (control / name).write_text(text.format(**words))
        (control / name).chmod(0o755)
    for path in sorted(root.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
        elif not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _documents(folder: Path, licenses: Path, package: str, version: str) -> None:
    """Write the copyright and the changelog that a package has to have."""
    folder.mkdir(parents=True)
    text = COPYRIGHT
    for line in (licenses / "LICENSE").read_text().splitlines():
        text += f" {line.strip() or '.'}\n"
    (folder / "copyright").write_text(text)
    when = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(names.epoch()))
    entry = f"{package} ({version}) unstable; urgency=medium\n\n  * Built anew.\n\n"
    entry += f" -- {_maintainer()}  {when}\n"
    with (folder / "changelog.gz").open("wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as out:
        out.write(entry.encode())


def _depends(installed: Path, work: Path, package: str) -> str:
    """Return the packages whose libraries it is linked with, by dpkg-shlibdeps."""
    (work / "debian").mkdir()
    (work / "debian/control").write_text(
        f"Source: {package}\n\nPackage: {package}\nArchitecture: any\n"
    )
    files = [path for path in (*installed.glob("bin/*"), *installed.glob("lib/**/*.so*"))]
    programs = [path for path in files if path.is_file() and not path.is_symlink()]
    elf = [str(path) for path in programs if path.open("rb").read(4) == b"\x7fELF"]
    command = ["dpkg-shlibdeps", "-O", "--ignore-missing-info", *(f"-e{name}" for name in elf)]
    said = process.run(command, "dpkg-shlibdeps failed", cwd=work)
    return said.strip().partition("shlibs:Depends=")[2]


def _control(root: Path, package: str, version: str, architecture: str, depends: str) -> None:
    size = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file()) // 1024
    fields = {
        "Package": package,
        "Version": version,
        "Architecture": architecture,
        "Maintainer": _maintainer(),
        "Installed-Size": str(size),
        "Depends": depends,
        "Section": "python",
        "Priority": "optional",
        "Homepage": "https://www.python.org/",
        "Description": "CPython whose immortal objects forked processes share",
    }
    text = "".join(f"{name}: {value}\n" for name, value in fields.items() if value)
    long = (
        "An application loads its data once, makes it immortal, and forks workers that share the "
        "memory instead of copying it. It lies in a prefix of its own under /opt, beside the "
        "system's interpreter, and takes the same wheels as any CPython of its version."
    )
    text += textwrap.fill(long, 76, initial_indent=" ", subsequent_indent=" ") + "\n"
    (root / "DEBIAN/control").write_text(text)
    sums = []
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.parent.name != "DEBIAN":
            found = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
            sums.append(f"{found}  {path.relative_to(root)}\n")
    (root / "DEBIAN/md5sums").write_text("".join(sums))


def _maintainer() -> str:
    """Return who answers for the package: DEBFULLNAME and DEBEMAIL, or the commit's author."""
    command = ["git", "-C", str(paths.ROOT), "log", "-1", "--format=%an <%ae>"]
    if email := os.environ.get("DEBEMAIL"):
        return f"{os.environ.get('DEBFULLNAME', 'Builders of cpython-immortal')} <{email}>"
    problem = "nobody answers for the package; set DEBEMAIL"
    return process.run(command, problem, stdin=subprocess.DEVNULL).strip()
