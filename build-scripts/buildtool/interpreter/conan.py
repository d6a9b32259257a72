"""Run Conan on the recipe, in a home of its own, and say in one line what went wrong."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path

from ..core import paths, process, targets
from ..core.errors import BuildError
from ..core.packages import apt_line, apt_reason
from ..core.progress import Progress
from .configuration import Configuration, profile

# Compiler calls of a plain build on x86-64, counted in its log; profile-guided
# optimization compiles everything twice.
COMPILER_CALLS = 263

PREPARING, TIDYING = "preparing", "removing what the build leaves"
PHASES = (
    ("RUN: .*configure", "configuring"),
    ("RUN: make install", "installing"),
    ("RUN: make|files to compile", "compiling"),
    ("=+ Testing the package", "testing the package"),
)


def create(
    configuration: Configuration, jobs: int, packages: str, progress: Progress
) -> tuple[Path, list[str]]:
    """Build and test the package unless Conan has it; return its folder, and what it runs with.

    The latter is the command of an emulator, or of a loader, and is empty for native programs.
    *packages* is what Conan does about system packages: "check", "install", or "sudo".
    Raises BuildError with the reason; Conan leaves no package behind in that case.
    """
    target = targets.find(configuration.target)
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder, "graph.json")
        command = [
            _conan(),
            "create", str(paths.ROOT), f"--version={configuration.version}",
            f"-pr:h={profile(target)}", "-pr:b=default",
            "--build=missing", "--test-missing", "--no-remote", "--format=json",
            f"--out-file={graph}",
            *(f"-o=&:{name}={value}" for name, value in configuration.recipe_options().items()),
            "-cc", f"core.sources:download_cache={paths.sources()}",
            "-cc", "core:non_interactive=True",
            # For the native interpreter of a cross build, too, which -c alone doesn't reach.
            "-c:a", f"user.cpython-immortal:sources={paths.sources()}",
            "-c:a", f"tools.build:jobs={jobs}",
            "-c:a", f"tools.system.package_manager:mode={packages.replace('sudo', 'install')}",
            "-c:a", f"tools.system.package_manager:sudo={packages == 'sudo'}",
        ]  # fmt: skip
        _run([_conan(), "profile", "detect", how_to_detect()], progress, PREPARING)
        _run([_conan(), "config", "install", str(paths.ROOT / "ci" / "conan")], progress, PREPARING)
        try:
            _run(command, progress, Watch(target.compiler, COMPILER_CALLS * _passes(configuration)))
        finally:
            # What a build leaves is large, and ccache makes the next one quick without it.
            clean = [_conan(), "cache", "clean", "*", "--source", "--build", "--temp"]
            _run(clean, progress, TIDYING)
        nodes = json.loads(graph.read_text())["graph"]["nodes"].values()
        found = [node for node in nodes if node["name"] == "cpython-immortal"]
        host = next(node for node in found if node["context"] == "host")
        run = host["conf_info"].get("user.cpython-immortal:run", [])
        # Older revisions of the recipe are of no use to anybody: their installations are copies.
        _run([_conan(), "remove", "cpython-immortal/*#!latest", "-c"], progress, TIDYING)
        return Path(host["package_folder"]), run


class Watch:
    """Follows the output of a build, to tell how far it is."""

    def __init__(self, compiler: str, expected: int) -> None:
        self.expected = expected
        self.compiled = 0
        self.phase = PREPARING
        self._ninja = re.compile(r"\[(\d+)/(\d+)\] ")
        # A module of the test suite that is run for its profile.
        self._trained = re.compile(r".*\[ *(\d+)/(\d+)\] test_")
        # With LTO, to link is to compile all at once.
        self._link = re.compile(rf"(?:.*\s|\S*/)?{re.escape(compiler)}\b(?!.* -c ).* -o (\S+)")
        self._call = re.compile(rf"(?:\S*/)?{re.escape(compiler)}\b.* -c |.*\b{compiler}\b.* -c ")

    def __call__(self, line: str) -> str:
        for pattern, phase in PHASES:
            if re.search(pattern, line):
                self.phase = phase
                break
        if self.phase != "compiling":
            return self.phase
        if match := self._trained.match(line):
            return f"profiling, {match[1]} of {match[2]} test modules"
        if match := self._ninja.match(line):
            self.compiled, self.expected = int(match[1]), int(match[2])
        elif match := self._link.match(line):
            return f"linking {Path(match[1]).name}, {self._files()}"
        else:
            self.compiled += bool(self._call.match(line))
        return f"compiling, {self._files()}"

    def _files(self) -> str:
        return f"{self.compiled} of about {max(self.expected, self.compiled)} files"


def explain(output: str) -> str:
    """Return the reason of a failure from Conan's output, in one line."""
    if "No space left on device" in output:
        return "no disk space left during the build; free some and run again"
    if match := re.search(r"System requirements: '(.*?)' are missing", output):
        return f"packages are missing; as root run: {apt_line(match[1].split(', '))}"
    if match := re.search(r"Command '(?:sudo )?(apt-get .*)' failed with exit code", output):
        return f"{match[1]} failed: {apt_reason(output) or 'it does not say why'}"
    if match := re.search(r"ConanException: (?!Error \d+ while executing)(.*)", output):
        return match[1]
    for pattern in (
        r"^(.*\berror: (?!linker command failed|ld returned).*)$",
        r"^(.*)\n.*\berror: ",  # the linker's own words, before its caller's
        r"^(configure: error.*)$",
        r"^(make.*\*\*\*.*)$",
    ):
        if match := re.search(pattern, output, re.MULTILINE):
            return f"the build failed: {match[1].strip()}"
    errors = re.findall(r"^ERROR: (.*)$", output, re.MULTILINE)
    return errors[-1] if errors else "the build failed"


def environment() -> dict[str, str]:
    """Return the environment of a build: the user's, less what would get into the interpreter."""
    own = ("CFLAGS", "CPPFLAGS", "LDFLAGS", "MAKEFLAGS")
    clean = process.clean_environment()
    kept = {name: value for name, value in clean.items() if not name.startswith(own)}
    kept["CONAN_HOME"] = str(paths.conan_home())
    kept["CCACHE_DIR"] = str(paths.cache() / "ccache")
    if remote := os.environ.get("CPYTHON_IMMORTAL_CCACHE_REMOTE"):
        kept["CCACHE_REMOTE_STORAGE"] = remote
        kept["CCACHE_SECONDARY_STORAGE"] = remote  # its name before ccache 4.7
    return kept


def how_to_detect() -> str:
    """Return Conan's option that keeps the profile of this machine, if that has a compiler."""
    profile = paths.conan_home() / "profiles" / "default"
    made_before = profile.exists() and "compiler=" not in profile.read_text()
    return "--force" if made_before else "--exist-ok"


def _run(command: list[str], progress: Progress, phase: str | Watch) -> None:
    start = progress.log.stat().st_size if progress.log.exists() else 0
    watch = phase if isinstance(phase, Watch) else lambda _: phase
    status = progress.run(command, env=environment(), cwd=paths.ROOT, watch=watch)
    if status:
        with progress.log.open(errors="replace") as log:
            log.seek(start)
            reason = explain(log.read())
        raise BuildError(f"{reason}; full log: {shlex.quote(str(progress.log))}")


def _conan() -> str:
    conan = Path(sys.executable).with_name("conan")
    if not conan.exists():
        raise BuildError(f"{sys.executable} has no Conan beside it; run build-scripts/build.sh")
    return str(conan)


def _passes(configuration: Configuration) -> int:
    return 2 if configuration.recipe_options()["pgo"] == "True" else 1
