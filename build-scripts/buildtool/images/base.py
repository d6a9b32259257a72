"""Make Debian's base images from its packages, where no registry can be reached.

They are tagged like the official ones: `debian:bookworm-slim`, and for one platform alone
`s390x/debian:bookworm-slim`. mmdebstrap makes the file system, from the entries of this machine's
apt sources, whose signatures apt verifies. What is left out is what debuerreotype leaves out of the
official slim images: see https://github.com/debuerreotype/debuerreotype, scripts/.slimify-excludes.
"""

from __future__ import annotations

import hashlib
import json
import platform as machine
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docker.errors import DockerException

import docker

from ..core.errors import BuildError
from . import platforms

RELEASES = ("bookworm", "trixie")
EXCLUDED = (
    "/usr/share/doc/*", "/usr/share/info/*", "/usr/share/linda/*", "/usr/share/lintian/*",
    "/usr/share/locale/*", "/usr/share/man/*", "/usr/share/groff/*",
)  # fmt: skip
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def archive(release: str, wanted: Iterable[str], file: Path) -> list[str]:
    """Write to *file* the base image of *release* for the platforms *wanted*; return its tags.

    It is for load(): of one platform for any engine, of several for one that keeps images in
    containerd's store. Raises BuildError.
    """
    wanted = list(wanted)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        made = {one: _image(one, _file_system(release, one, store), store) for one in wanted}
        plain = f"debian:{release}-slim"
        if len(made) == 1:
            ((one, (_, config, layer)),) = made.items()
            native = one == platforms.NATIVE
            tags = [platforms.base(one, release), *([plain] if native else [])]
            image = {"Config": str(config), "RepoTags": tags, "Layers": [str(layer)]}
            _put(store / "manifest.json", [image])
        else:
            tags = [plain]
            _put(store / "oci-layout", {"imageLayoutVersion": "1.0.0"})
            index = _blob(
                {
                    "schemaVersion": 2,
                    "mediaType": INDEX,
                    "manifests": [descriptor for descriptor, _, _ in made.values()],
                },
                INDEX,
                store,
            )
            # Without a name: an engine takes none that doesn't begin with a registry's host.
            _put(store / "index.json", {"schemaVersion": 2, "manifests": [index]})
        with tarfile.open(file, "w") as packed:
            for path in sorted(store.rglob("*")):
                if path.is_file():
                    packed.add(path, str(path.relative_to(store)))
    return tags


def load(client: docker.DockerClient, file: Path, tags: Iterable[str]) -> None:
    """Load the *file* of archive() into an engine, where the image gets all *tags*; BuildError."""
    try:
        with file.open("rb") as data:
            loaded = client.images.load(data)
        for image in loaded:
            for tag in set(tags) - set(image.tags):
                image.tag(*tag.split(":"))
    except DockerException as error:
        raise BuildError(
            f"the engine can't take the base image (one of several platforms needs engine 25 or "
            f"later, with containerd's image store): {error}"
        ) from error


def _file_system(release: str, platform: str, store: Path) -> Path:
    """Make a tar archive of the file system in *store*; return its path."""
    if shutil.which("mmdebstrap") is None:
        raise BuildError(
            "a base image is made by mmdebstrap; as root run: apt-get install mmdebstrap"
        )
    file = store / f"{platform.replace('/', '-')}.tar"
    sources = entries(release)
    reason = _mmdebstrap(release, platform, file, sources)
    alone = [line for line in sources if f" {release} " in line]
    if reason and alone != sources:
        # Of an old release, updates are not made for all machines.
        first, reason = reason, _mmdebstrap(release, platform, file, alone)
        if not reason:
            print(f"warning: no updates are in {release} for {platform}: {first}", file=sys.stderr)
    if reason:
        hint = (
            ""
            if platform == platforms.NATIVE
            else " (another machine's needs arch-test, qemu-user-static and binfmt-support)"
        )
        raise BuildError(f"{release} for {platform} can't be made{hint}: {reason}")
    return file


def _mmdebstrap(release: str, platform: str, file: Path, sources: list[str]) -> str:
    """Run mmdebstrap; return the reason if it fails."""
    command = [
        "mmdebstrap", "--quiet", "--variant=minbase",
        f"--architectures={platforms.debian(platform)}",
        # The file system begins with /usr merged; otherwise a package comes to do it, and Perl.
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        "--include=usr-is-merged",
        "--aptopt=Apt::Install-Recommends false",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED),
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        release, str(file), *sources,
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode == 0:
        return ""
    lines = [line for line in ran.stderr.splitlines() if line.startswith("E:")]
    return (lines or ran.stderr.splitlines() or ["mmdebstrap gives no reason"])[0]


def entries(release: str, folder: Path = Path("/etc/apt"), codename: str = "") -> list[str]:
    """Return this machine's apt sources of Debian itself, in one line each, for *release*."""
    codename = codename or machine.freedesktop_os_release().get("VERSION_CODENAME", "")
    found = []
    for uri, suite in _sources(folder):
        if suite == codename or suite in (f"{codename}-updates", f"{codename}-security"):
            found.append(f"deb {uri} {release}{suite.removeprefix(codename)} main")
    if not found:
        raise BuildError("this machine's apt sources have no Debian to make a base image from")
    return found


def _sources(folder: Path) -> Iterable[tuple[str, str]]:
    """Yield (URI, suite) of what stands in *folder* for binary packages of "main"."""
    for file in [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]:
        text = file.read_text() if file.is_file() else ""
        if file.suffix == ".sources":
            for stanza in text.split("\n\n"):
                lines = [line for line in stanza.splitlines() if line[:1].isalpha()]
                fields = dict(line.split(":", 1) for line in lines if ":" in line)
                kinds, parts = fields.get("Types", ""), fields.get("Components", "")
                if "deb" in kinds.split() and "main" in parts.split():
                    for uri in fields.get("URIs", "").split():
                        yield from ((uri, suite) for suite in fields.get("Suites", "").split())
        else:
            for line in text.splitlines():
                words = line.split("]")[-1].split() if "[" in line else line.split()[1:]
                if line.startswith("deb ") and "main" in words[2:]:
                    yield words[0], words[1]


def _image(platform: str, layer: Path, store: Path) -> tuple[dict[str, Any], Path, Path]:
    """Put an image with one *layer* into *store*; return its descriptor, configuration, layer."""
    architecture, _, variant = platforms.architecture(platform).partition("/")
    named = {"architecture": architecture, "os": "linux"} | (
        {"variant": variant} if variant else {}
    )
    size, sha256 = layer.stat().st_size, hashlib.sha256()
    with layer.open("rb") as file:
        while block := file.read(1 << 20):
            sha256.update(block)
    digest = sha256.hexdigest()
    blobs = store / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    layer.rename(blobs / digest)
    config = _blob(
        {
            **named,
            "config": {"Cmd": ["bash"], "Env": [f"PATH={PATH}"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        },
        "application/vnd.oci.image.config.v1+json",
        store,
    )
    packed = {"mediaType": "application/vnd.oci.image.layer.v1.tar", "size": size}
    manifest = _blob(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config,
            "layers": [{**packed, "digest": f"sha256:{digest}"}],
        },
        MANIFEST,
        store,
    )
    where = Path("blobs/sha256")
    return {**manifest, "platform": named}, where / config["digest"][7:], where / digest


def _blob(content: Any, kind: str, store: Path) -> dict[str, Any]:
    """Put *content* into *store* as a blob of JSON; return its descriptor."""
    data = json.dumps(content).encode()
    digest = hashlib.sha256(data).hexdigest()
    (store / "blobs" / "sha256" / digest).write_bytes(data)
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}


def _put(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))
