"""The images, on a real engine: used as python:3.11-slim is, natively and on s390x.

Where no engine answers, the tests start one; base images are made from Debian's packages.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker_engine
import pytest
from buildtool.core import paths, versions
from buildtool.core.errors import BuildError
from buildtool.core.kinds import Kind
from buildtool.images import demo, images, platforms
from buildtool.images import labels as arguments
from docker.errors import ContainerError
from docker.models.containers import Container
from docker.models.images import Image

import docker

RELEASE = "bookworm"
S390X = "linux/s390x"
# Seconds until Docker kills what takes no notice of a signal.
KILL = 60
# A pinned package with a command of its own.
PINNED = (paths.ROOT / "Misc/workload/workload/shop/requirements.txt").read_text().splitlines()
PACKAGE = next(line for line in PINNED if line.startswith("sqlparse"))
# A build takes minutes, and an emulated one more.
pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[docker.DockerClient]:
    """A client of an engine that has debian:bookworm-slim."""
    with docker_engine.running(tmp_path_factory.mktemp("docker")) as client:
        docker_engine.base_image(client, f"debian:{RELEASE}-slim", RELEASE, platforms.NATIVE)
        yield client


@pytest.fixture(scope="module")
def built(
    engine: docker.DockerClient, request: pytest.FixtureRequest
) -> Iterator[dict[str, Image]]:
    """The runtime images by kind, without optimizations that take long."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():  # BuildKit's output has to be seen
        images.seed(RELEASE)
        names = {
            "patched": images.build_runtime(RELEASE, Kind.PATCHED, options=""),
            "nonroot": images.build_runtime(RELEASE, Kind.PATCHED, options="", nonroot=True),
            "stock": images.build_runtime(RELEASE, Kind.STOCK, options=""),
        }
    yield {kind: engine.images.get(name) for kind, name in names.items()}


def run(engine: docker.DockerClient, image: Image, *command: str, **options: Any) -> str:
    """Run a command in a new container; return what it printed. ContainerError if it fails."""
    output = engine.containers.run(
        image.id, list(command) or None, remove=True, stderr=True, **options
    )
    return str(output.decode())


def certificates() -> dict[str, Any]:
    """Return the options of a container that is to trust what this machine's pip trusts."""
    for option in images.secret():
        path = option.rpartition("=")[2]
        return {"volumes": [f"{path}:/certificates:ro"], "environment": ["PIP_CERT=/certificates"]}
    return {}


@pytest.mark.parametrize("kind", Kind)
def test_interpreter(engine: docker.DockerClient, built: dict[str, Image], kind: str) -> None:
    for name in ("python", "python3", "python3.11"):
        said = run(engine, built[kind], name, "-c", "import gc, sys; print(sys.prefix, dir(gc))")
        assert said.startswith("/usr/local ")
        assert ("immortalize_heap" in said) == (kind == "patched")
    assert run(engine, built[kind], "pip", "--version").startswith("pip ")


def test_no_command_is_a_prompt(engine: docker.DockerClient, built: dict[str, Image]) -> None:
    assert built["patched"].attrs["Config"]["Cmd"] == ["python3"]
    assert run(engine, built["patched"]) == ""  # which finds its input at its end


@pytest.mark.parametrize("kind", Kind)
def test_labels(built: dict[str, Image], kind: str) -> None:
    version = versions.default()
    sums = arguments.checksums(kind, version)
    labels = built[kind].labels
    assert labels["org.opencontainers.image.version"] == version
    assert labels["cpython-immortal.kind"] == kind
    assert labels["cpython-immortal.series.sha256"] == sums["SERIES_SHA256"]
    assert labels["cpython-immortal.source.sha256"] == sums["SOURCE_SHA256"]


def test_series_checksum_is_the_shells() -> None:
    line = "sed 's/#.*//' series | xargs sed -sn '/^diff --git /,$p' | sha256sum"
    folder = paths.series_folder("3.11")
    said = subprocess.run(line, shell=True, cwd=folder, check=True, capture_output=True, text=True)
    version = versions.default()
    patched = arguments.series_sha256(Kind.PATCHED, version)
    assert said.stdout.split()[0] == patched != arguments.series_sha256(Kind.STOCK, version)


def test_size(built: dict[str, Image]) -> None:
    sizes = {kind: built[kind].attrs["Size"] for kind in Kind}
    print(sizes, sizes["patched"] / sizes["stock"])
    assert sizes["patched"] <= 1.03 * sizes["stock"]
    assert sizes["patched"] < 250e6


def test_nothing_of_the_builder_is_left(
    engine: docker.DockerClient, built: dict[str, Image]
) -> None:
    code = "find /src /cache /image /root/.cache /usr/local/lib/python3.11/test; find / -name '*.a'"
    found = run(engine, built["patched"], "sh", "-c", f"{{ {code}; }} 2>/dev/null || true")
    assert found == ""


def test_pip_installs(engine: docker.DockerClient, built: dict[str, Image]) -> None:
    script = f"pip install --quiet --no-deps {PACKAGE} && echo 'select 1' | sqlformat -k upper -"
    said = run(engine, built["patched"], "sh", "-c", script, **certificates())
    assert said.splitlines()[-1] == "SELECT 1"


def test_user_is_not_root(engine: docker.DockerClient, built: dict[str, Image]) -> None:
    script = f"id -un && pwd && pip install --quiet --no-deps {PACKAGE} && command -v sqlformat"
    said = run(engine, built["nonroot"], "sh", "-c", script, **certificates())
    assert "python\n/home/python\n" in said
    assert said.endswith("/home/python/.local/bin/sqlformat\n")
    with pytest.raises(ContainerError, match="Permission denied"):
        run(engine, built["nonroot"], "touch", "/usr/local/bin/mine")


def started(engine: docker.DockerClient, image: Image, code: str) -> Container:
    """Start a container that runs Python *code*; return it once that has printed "ready"."""
    container = engine.containers.run(image.id, ["python3", "-uc", code], detach=True)
    deadline = time.monotonic() + 60
    while b"ready" not in container.logs():
        assert time.monotonic() < deadline, container.logs()
        time.sleep(0.1)
    return container


@pytest.mark.parametrize(
    ("before", "status"),
    [
        # Without a handler, a container's first process would take no notice.
        ("", 128 + 15),
        ("signal.signal(signal.SIGTERM, lambda *_: sys.exit(7));", 7),
    ],
)
def test_signals_arrive(
    engine: docker.DockerClient, built: dict[str, Image], before: str, status: int
) -> None:
    code = f"import signal, sys, time; {before} print('ready'); time.sleep(600)"
    container = started(engine, built["patched"], code)
    try:
        begin = time.monotonic()
        container.stop(timeout=KILL)
        assert time.monotonic() - begin < KILL
        assert container.wait()["StatusCode"] == status
    finally:
        container.remove(force=True)


def test_orphans_are_reaped(engine: docker.DockerClient, built: dict[str, Image]) -> None:
    code = """import os, time
if os.fork() == 0:
    if os.fork() == 0:
        os._exit(0)  # an orphan as soon as its parent is gone
    os._exit(0)
os.wait()
time.sleep(1)
states = [open(f"/proc/{p}/stat").read().rpartition(")")[2].split()[0]
          for p in os.listdir("/proc") if p.isdigit()]
print(states.count("Z"))"""
    assert run(engine, built["patched"], "python3", "-c", code) == "0\n"


def test_wrong_checksum_ends_a_build() -> None:
    with pytest.raises(BuildError, match="SERIES_SHA256 is 1234, and what is here has "):
        arguments.verify(Kind.PATCHED, versions.default(), {"SERIES_SHA256": "1234"})


def test_s390x(
    engine: docker.DockerClient, built: dict[str, Image], request: pytest.FixtureRequest
) -> None:
    """An image of another machine: cross-built, and its smoke test run by QEMU."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    base = platforms.base(S390X, RELEASE)
    tag = "cpython-immortal-test:s390x"
    with docker_engine.foreign(S390X):
        docker_engine.base_image(engine, base, RELEASE, S390X)
        with capture.global_and_fixture_disabled():
            images.build_runtime(
                RELEASE, Kind.PATCHED, platform=S390X, options="", base=base, tag=tag
            )
        image = engine.images.get(tag)
        assert image.attrs["Architecture"] == "s390x"
        code = """import gc, json, platform, sys, sysconfig
gc.immortalize_heap()
print(json.dumps([platform.machine(), sys.byteorder, gc.is_immortal(json.dumps),
                  sysconfig.get_config_var("CC"), sysconfig.get_config_var("MULTIARCH")]))"""
        said = json.loads(run(engine, image, "python3", "-c", code))
        assert said == ["s390x", "big", True, "s390x-linux-gnu-gcc", "s390x-linux-gnu"]
        smoke = (paths.ROOT / "docker" / "runtime" / "smoke.py").read_text()
        said = run(engine, image, "python3", "-c", smoke, "patched", S390X)
        assert said.endswith("for linux/s390x\n")


def demonstrate(folder: Path, **options: int) -> dict[str, Any]:
    """Run the demonstration; return the last figures of each side's workers."""
    report = demo.run(demo.Demo(RELEASE, output=folder, **options))
    print(report.read_text())
    found = {}
    for kind in Kind:
        result = json.loads((folder / f"{kind}.json").read_text())
        requests, failed = (
            sum(turn[key] for turn in result["turns"]) for key in ("requests", "failed")
        )
        assert failed <= 0.001 * requests
        found[kind] = result["looks"][-1]["workers"]
        assert len(found[kind]) == options["workers"]
        assert all(worker["answered"] >= options["requests"] for worker in found[kind])
    assert (folder / "chart.svg").exists()
    return found


def total(workers: list[dict[str, int]], figure: str) -> int:
    return sum(worker[figure] for worker in workers)


def test_demonstration(
    engine: docker.DockerClient, built: dict[str, Image], tmp_path: Path
) -> None:
    """Small: two workers, and a tenth of the products."""
    ends = demonstrate(tmp_path, workers=2, requests=100, products=10_000)
    assert total(ends["patched"], "Private_Dirty") < 0.5 * total(ends["stock"], "Private_Dirty")


@pytest.mark.slow
def test_demonstration_in_full(
    engine: docker.DockerClient, built: dict[str, Image], tmp_path: Path
) -> None:
    ends = demonstrate(tmp_path, workers=8, requests=2000, products=100_000)
    assert total(ends["patched"], "Pss") <= 0.5 * total(ends["stock"], "Pss")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("image", "target"),
    [("gcc-cross", "powerpc-gcc"), ("clang", "x86_64-clang"), ("windows", "x86_64-windows-msvc")],
)
def test_toolchain(engine: docker.DockerClient, tmp_path: Path, image: str, target: str) -> None:
    """A toolchain image builds and tests one of its targets from a clean checkout."""
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "clone", "--quiet", paths.ROOT, checkout], check=True)
    tag = images.build_toolchain(image)
    command = ["./build-scripts/matrix.sh", "--tests", "quick", target]
    mounts: dict[str, Any] = {}
    if image == "windows":
        mounts = {"cap_add": ["SYS_ADMIN"], "security_opt": ["apparmor=unconfined"]}
    said = engine.containers.run(tag, command, volumes=[f"{checkout}:/src"], remove=True, **mounts)
    assert f"{target}: passed" in said.decode()
