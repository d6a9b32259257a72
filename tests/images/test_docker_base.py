"""The base images of Debian that the tools make, as far as that needs no engine."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from buildtool.core.errors import BuildError
from buildtool.images import base


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
