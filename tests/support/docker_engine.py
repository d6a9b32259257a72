"""A Docker engine for the tests: the one that answers, or one that they start and stop."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from buildtool.core import packages as system
from buildtool.core.errors import BuildError
from buildtool.images import base, platforms, plugins
from docker.errors import DockerException, ImageNotFound

import docker

# The engine, what its networks need, and what makes base images.
PACKAGES = ("docker.io", "iptables", "mmdebstrap")
# What runs programs of other machines: in containers, and where mmdebstrap makes base images.
FOREIGN = ("arch-test", "binfmt-support", "qemu-user-static")
BINFMT = Path("/proc/sys/fs/binfmt_misc")
# Seconds for the engine to start, and to stop.
START, STOP = 60, 30


def install(commands: tuple[str, ...], packages: tuple[str, ...]) -> None:
    """Install Debian's *packages* unless all *commands* are there; skip if they don't come."""
    if all(map(shutil.which, commands)):
        return
    line = system.apt_line(list(packages))
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    ran = subprocess.run(["sh", "-c", line], env=env, capture_output=True, text=True)
    if not all(map(shutil.which, commands)):
        reason = (ran.stderr.strip().splitlines() or ["apt-get gives no reason"])[-1]
        pytest.skip(f"{' '.join(packages)} can't be installed: {reason}")


def require_root(what: str) -> None:
    """Skip the test unless we are root."""
    if os.geteuid() != 0:
        pytest.skip(f"{what} needs root")


def in_containerd(client: docker.DockerClient) -> bool:
    """Tell whether the engine keeps images in containerd's store: several platforms by one name."""
    return ["driver-type", "io.containerd.snapshotter.v1"] in client.info()["DriverStatus"]


def answering() -> docker.DockerClient | None:
    """Return the client of the engine that answers, if one does."""
    with contextlib.suppress(DockerException):
        found = docker.from_env(timeout=600)
        found.ping()
        return found
    return None


@contextlib.contextmanager
def running(folder: Path, *, containerd: bool = False) -> Iterator[docker.DockerClient]:
    """Give the client of the engine that answers, or of one in *folder* that ends with the block.

    Such an engine has nothing of this machine's: its own images, and its own socket, which
    DOCKER_HOST names meanwhile. With *containerd* it is one that keeps images in containerd's
    store, of a later Debian if need be. Skips the test where it can't be had.
    """
    found = answering()
    if found and (in_containerd(found) or not containerd):
        yield found
        return
    require_root("no such Docker engine answers, and to start one")
    install(("dockerd", "iptables", "mmdebstrap"), PACKAGES)
    host, log = f"unix://{folder}/socket", folder / "log"
    before = os.environ.get("DOCKER_HOST")
    settings = folder / "daemon.json"
    settings.write_text(json.dumps({"features": {"containerd-snapshotter": containerd}}))
    command = ["nice", "-n", "10", "dockerd", f"--host={host}", f"--pidfile={folder}/pid"]
    command += [f"--data-root={folder}/data", f"--exec-root={folder}/exec"]
    command += [f"--config-file={settings}"]
    env = later_engine() if containerd else None
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=out, start_new_session=True)
    os.environ["DOCKER_HOST"] = host
    try:
        yield _wait(process, log)
    finally:
        os.environ.pop("DOCKER_HOST")
        if before is not None:
            os.environ["DOCKER_HOST"] = before
        _stop(process, folder)


def later_engine() -> dict[str, str]:
    """Return an environment in whose PATH a later Debian's engine comes first; skip without it."""
    try:
        folders = [plugins.unpack(package) for package in ("docker.io", "containerd")]
    except BuildError as error:
        pytest.skip(str(error))
    first = [str(folder / "usr" / name) for folder in folders for name in ("bin", "sbin")]
    return {**os.environ, "PATH": ":".join([*first, os.environ["PATH"]])}


def _wait(process: subprocess.Popen[bytes], log: Path) -> docker.DockerClient:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and process.poll() is None:
        if found := answering():
            return found
        time.sleep(0.2)
    lines = log.read_text(errors="replace").strip().splitlines()
    pytest.skip(f"dockerd doesn't start here: {(lines or ['it gives no reason'])[-1]}")


def _stop(process: subprocess.Popen[bytes], folder: Path) -> None:
    process.terminate()
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for line in reversed(Path("/proc/mounts").read_text().splitlines()):
        place = line.split()[1]
        if place.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", place], check=False)
    shutil.rmtree(folder, ignore_errors=True)


def base_image(client: docker.DockerClient, name: str, release: str, platform: str) -> None:
    """See to it that the engine has the base image *name*: made of Debian's packages if need be."""
    try:
        client.images.get(name)
    except ImageNotFound:
        _load(client, release, [platform])


def base_images(client: docker.DockerClient, release: str, wanted: Sequence[str]) -> None:
    """See to it that the engine has the base image of *release* for all platforms *wanted*."""
    for platform in wanted:
        try:
            client.containers.run(f"debian:{release}-slim", "true", platform=platform, remove=True)
        except DockerException:
            _load(client, release, wanted)
            return


def _load(client: docker.DockerClient, release: str, wanted: Sequence[str]) -> None:
    require_root("to make a base image")
    file = Path(os.environ.get("TMPDIR", "/tmp"), f"base-{os.getpid()}.tar")
    try:
        base.load(client, file, base.archive(release, wanted, file))
    finally:
        file.unlink(missing_ok=True)


@contextlib.contextmanager
def foreign(platform: str) -> Iterator[None]:
    """Let the kernel run programs of *platform*, within the block; skip where it can't.

    By QEMU, unless this machine's processor runs them.
    """
    name = platforms.target(platform).runner.removesuffix("-static")
    if not name.startswith("qemu-") or (BINFMT / name).exists():
        yield
        return
    require_root(f"to register QEMU for {platform}")
    install(("update-binfmts", "arch-test"), FOREIGN)
    if not (BINFMT / "register").exists():
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", str(BINFMT)], check=False)
    subprocess.run(["update-binfmts", "--enable", name], check=False)
    if not (BINFMT / name).exists():
        pytest.skip(f"binfmt_misc can't be told here to run {platform} by QEMU")
    try:
        yield
    finally:
        subprocess.run(["update-binfmts", "--disable", name], check=False)
