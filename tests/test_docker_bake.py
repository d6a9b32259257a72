"""docker.sh bake, on an engine that keeps several platforms under one name."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker_engine
import pytest
from buildtool import paths
from buildtool.docker import bake, images

import docker

RELEASE = "bookworm"
# Natively, in 32 bits, and in the other byte order.
PLATFORMS = ("linux/amd64", "linux/386", "linux/s390x")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[docker.DockerClient]:
    """A client of an engine that has debian:bookworm-slim, for all PLATFORMS."""
    folder = tmp_path_factory.mktemp("docker")
    with (
        docker_engine.foreign(PLATFORMS[-1]),
        docker_engine.running(folder, containerd=True) as client,
    ):
        docker_engine.base_images(client, RELEASE, PLATFORMS)
        yield client


def manifests(client: docker.DockerClient, name: str, folder: Path) -> list[dict[str, Any]]:
    """Return the platforms of what the engine has under a *name*, each of which is an image."""
    file = folder / "saved.tar"
    with file.open("wb") as data:
        data.writelines(client.images.get(name).save())
    with tarfile.open(file) as members:

        def read(member: str) -> Any:
            opened = members.extractfile(member)
            assert opened
            return json.load(opened)

        (named,) = read("index.json")["manifests"]
        listed = read(f"blobs/sha256/{named['digest'][7:]}")["manifests"]
        # Beside each image lies how it was built, for a platform called "unknown".
        return [one for one in listed if one["platform"]["os"] == "linux"]


def test_all_platforms_by_one_name(
    engine: docker.DockerClient, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():  # BuildKit's output has to be seen
        images.seed(RELEASE)
        wanted = [f"--set=*.platform={','.join(PLATFORMS)}", "--set=*.args.OPTIONS="]
        bake.run([*wanted, f"all-platforms-patched-{RELEASE}"])
    tag = images.runtime_tag(RELEASE, "patched")
    found = {
        "/".join(filter(None, (one["platform"].get(key) for key in ("os", "architecture"))))
        for one in manifests(engine, tag, tmp_path)
    }
    assert found == set(PLATFORMS)
    smoke = (paths.ROOT / "docker" / "runtime" / "smoke.py").read_text()
    for platform in PLATFORMS:
        command = ["python3", "-c", smoke, "patched", platform]
        said = engine.containers.run(tag, command, platform=platform, remove=True).decode()
        assert said.endswith(f"for {platform}\n")


def test_bake_builds_one_image(engine: docker.DockerClient) -> None:
    bake.run(["--set=*.args.OPTIONS=", f"runtime-stock-{RELEASE}-nonroot"])
    tag = images.runtime_tag(RELEASE, "stock", nonroot=True)
    code = "import gc, os; print(hasattr(gc, 'immortalize_heap'), os.getuid())"
    assert engine.containers.run(tag, ["python3", "-c", code], remove=True) == b"False 1000\n"
