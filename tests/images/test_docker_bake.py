"""docker.sh bake, on an engine that keeps several platforms under one name."""

from __future__ import annotations

import contextlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker_engine
import pytest
from buildtool.core import paths
from buildtool.core.kinds import Kind
from buildtool.images import bake, images, platforms

import docker

RELEASE = "bookworm"
PLATFORMS = list(platforms.runtime())
pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[docker.DockerClient]:
    """A client of an engine that has debian:bookworm-slim, for all PLATFORMS."""
    folder = tmp_path_factory.mktemp("docker")
    with contextlib.ExitStack() as stack:
        for platform in PLATFORMS:
            stack.enter_context(docker_engine.foreign(platform))
        client = stack.enter_context(docker_engine.running(folder, containerd=True))
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
        bake.run(["--set=*.args.OPTIONS=", f"all-platforms-patched-{RELEASE}"])
    tag = images.runtime_tags(RELEASE, Kind.PATCHED)[0]
    keys = ("os", "architecture", "variant")
    found = [
        "/".join(filter(None, map(one["platform"].get, keys)))
        for one in manifests(engine, tag, tmp_path)
    ]
    assert sorted(found) == sorted(PLATFORMS)
    smoke = (paths.ROOT / "docker" / "runtime" / "smoke.py").read_text()
    for platform in PLATFORMS:
        command = ["python3", "-c", smoke, "patched", platform]
        said = engine.containers.run(tag, command, platform=platform, remove=True).decode()
        assert said.endswith(f"for {platform}\n")


def test_bake_builds_one_image(engine: docker.DockerClient) -> None:
    bake.run(["--set=*.args.OPTIONS=", f"runtime-stock-{RELEASE}-nonroot"])
    tag = images.runtime_tags(RELEASE, Kind.STOCK, nonroot=True)[0]
    code = "import gc, os; print(hasattr(gc, 'immortalize_heap'), os.getuid())"
    assert engine.containers.run(tag, ["python3", "-c", code], remove=True) == b"False 1000\n"
