"""More than one machine: packages by a Conan remote, compiled objects by ccache's remote storage.

Both are tried with the real servers, on loopback; where they can't be installed, the test is
skipped and says so.
"""

from __future__ import annotations

import shutil
import subprocess
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from buildtool.core import paths
from buildtool.interpreter import conan as recipe
from buildtool.interpreter import configuration
from harness import conan
from waiting import free_port, wait_for

# The newest that works with requirements.txt's Conan. It brings a conan of its own, so it gets an
# environment of its own.
SERVER = "conan-server==2.33.0"
CONFIGURATION = """\
[server]
jwt_secret: {secret}
jwt_expire_minutes: 120
ssl_enabled: False
port: {port}
public_port:
host_name: 127.0.0.1
authorize_timeout: 1800
disk_storage_path: ./data
disk_authorize_timeout: 1800
updown_secret: {secret}
[write_permissions]
*/*@*/*: *
[read_permissions]
*/*@*/*: *
[users]
demo: demo
"""
# A machine that only installs has nothing of this.
COMPILERS = ("gcc", "cc", "clang", "make", "ld", "as")


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a conan_server."""
    place = paths.cache() / SERVER.replace("==", "-")
    if not (place / "bin" / "conan_server").exists():
        venv.create(place, clear=True, with_pip=True)
        pip = [place / "bin" / "python", "-m", "pip", "install", "--quiet", SERVER]
        if subprocess.run(pip, capture_output=True).returncode:
            shutil.rmtree(place)
            pytest.skip(f"{SERVER} can't be installed")
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    (folder / "server.conf").write_text(CONFIGURATION.format(port=port, secret="s" * 40))
    command = [place / "bin" / "conan_server", "--server_dir", folder]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_package_comes_to_a_machine_without_a_compiler(
    stock: Path, remote: str, tmp_path: Path
) -> None:
    wanted = configuration.Configuration(immortal=False)
    home, reference = paths.conan_home(), f"cpython-immortal/{wanted.version}"
    if paths.output() not in stock.parents or not home.exists():
        pytest.skip("the interpreter is not one that build.sh made here, with a package")
    settings = tmp_path / "profile"
    shown = conan(home, "profile", "show", f"-pr:h={paths.ROOT}/ci/profiles/x86_64-gcc")
    # As it was rendered here: the other machine has no compiler to ask.
    settings.write_text(shown.partition("Host profile:\n")[2].partition("\nBuild profile:")[0])
    conan(home, "remote", "add", "--force", "test", remote)
    try:
        conan(home, "remote", "login", "test", "demo", "-p", "demo")
        conan(home, "upload", f"{reference}:*", "--remote=test", "--confirm")
    finally:
        conan(home, "remote", "remove", "test")

    path = tmp_path / "bin"
    path.mkdir()
    for tool in ("sh", "env", "tar", "cat"):
        (path / tool).symlink_to(shutil.which(tool) or tool)
    assert not any(shutil.which(name, path=str(path)) for name in COMPILERS)
    other = tmp_path / "conan"
    conan(other, "remote", "add", "--force", "test", remote)
    options = [f"-o={reference}:{name}={value}" for name, value in wanted.recipe_options().items()]
    said = conan(
        other, "install", f"--requires={reference}", "--build=never", "--remote=test",
        f"-pr:a={settings}", *options,
        "--deployer=direct_deploy", f"--deployer-folder={tmp_path}",
        f"--output-folder={tmp_path}",
        PATH=str(path),
    )  # fmt: skip
    assert "Downloaded package" in said, said[-2000:]
    python = tmp_path / "direct_deploy" / "cpython-immortal" / "bin" / "python3.11"
    code = "import sys; print(sys.version_info[:2], sys.prefix)"
    ran = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == f"(3, 11) {python.parents[1]}"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """The address of a Redis server, for ccache."""
    if shutil.which("redis-server") is None or shutil.which("ccache") is None:
        pytest.skip("redis-server or ccache is not installed")
    features = subprocess.run(["ccache", "--version"], capture_output=True, text=True).stdout
    if "redis-storage" not in features:
        pytest.skip("this ccache has no Redis storage")
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def test_compiled_objects_come_from_another_machine(
    redis: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the environment that a build gets, and a cache that is empty, like a new runner's."""
    monkeypatch.setenv("CPYTHON_IMMORTAL_CCACHE_REMOTE", redis)
    source = tmp_path / "a.c"
    source.write_text("int answer(void) { return 42; }\n")
    counts = []
    for machine in ("one", "two"):
        monkeypatch.setenv("CPYTHON_IMMORTAL_CACHE", str(tmp_path / machine))
        env = recipe.environment()
        command = ["ccache", "gcc", "-c", "a.c", "-o", f"{machine}.o"]
        subprocess.run(command, cwd=tmp_path, env=env, check=True)
        stats = subprocess.run(
            ["ccache", "--print-stats"], env=env, capture_output=True, text=True, check=True
        )
        counts.append(dict(line.split("\t") for line in stats.stdout.splitlines()))
    assert [one["cache_miss"] for one in counts] == ["1", "0"]
    assert int(counts[1]["remote_storage_hit"]) > 0
    assert (tmp_path / "one.o").read_bytes() == (tmp_path / "two.o").read_bytes()
