"""release.sh archive: names, layout, checksum, what is listed; and the real uv installs it"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from buildtool.core import versions
from buildtool.interpreter import inputs
from buildtool.release import downloads, names
from commands import error_line, output_of, run_module
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from harness import run_json

VERSION = versions.default()
PYTHON = versions.Python(VERSION)
# What a user of an interpreter reads of it: where it lies, and how to build for it.
SETTINGS = """\
import gc, json, sys, sysconfig
found = {name: str(value) for name, value in sysconfig.get_config_vars().items()}
made = gc.is_immortal(gc.immortalize([1]))
print(json.dumps({"variables": found, "prefix": sys.prefix, "immortal": made}))
"""


def test_names_are_those_that_tools_look_for(published: Path) -> None:
    found = sorted(path.name for path in published.iterdir())
    name = rf"cpython-{re.escape(VERSION)}\+\d{{8}}-x86_64-unknown-linux-gnu"
    kinds = (r"-install_only\.tar\.gz", r"-install_only\.tar\.gz\.sha256", r"\.cdx\.json")
    for one, kind in zip(found, kinds, strict=True):
        assert re.fullmatch(name + kind, one), one


def test_checksum_is_what_sha256sum_takes(archive: Path) -> None:
    subprocess.run(
        ["sha256sum", "--check", f"{archive.name}.sha256"], cwd=archive.parent, check=True
    )


def test_members(archive: Path) -> None:
    """All lies in one folder, belongs to nobody, has one time, and is in order."""
    with tarfile.open(archive) as packed:
        members = packed.getmembers()
    listed = [member.name for member in members]
    assert {name.partition("/")[0] for name in listed} == {"python"}
    assert {"python/bin/python3", f"python/bin/{PYTHON.program}", "python/bin/pip"} <= {*listed}
    assert len({member.mtime for member in members}) == 1
    assert {(one.uid, one.gid, one.uname, one.gname) for one in members} == {(0, 0, "", "")}
    assert {one.mode for one in members if not one.issym()} == {0o644, 0o755}
    assert not [name for name in listed if name.endswith((".pyc", ".a"))]


def test_unpacked_anywhere_it_knows_its_place(archive: Path, tmp_path: Path) -> None:
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="tar")
    folder = tmp_path / "python"
    found = run_json(folder / "bin" / "python3", SETTINGS)
    assert (found["prefix"], found["immortal"]) == (str(folder), True)
    assert found["variables"]["LIBDIR"] == str(folder / "lib")
    assert not [text for text in found["variables"].values() if re.search(r"(?<!\w)/install", text)]
    assert str(folder) in output_of(folder / "bin" / "pip", "--version")


def test_same_of_a_copy(
    published: Path, archive: Path, patched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the folder, nor the order on the disk, nor the clock has a part in it."""
    prefix = tmp_path / "elsewhere"
    output_of("cp", "-r", patched.parents[1], prefix)  # which gives all files a time of now
    command = ("archive", "--prefix", prefix, "--output", tmp_path / "out")
    ran = run_module("buildtool.cli.release", *command, limit=900)
    assert ran.returncode == 0, ran.stderr
    for path in published.iterdir():
        other = tmp_path / "out" / path.name
        assert (
            hashlib.sha256(path.read_bytes()).digest()
            == hashlib.sha256(other.read_bytes()).digest()
        ), path.name


def test_what_it_is_made_from(published: Path, archive: Path) -> None:
    (path,) = published.glob("*.cdx.json")
    text = path.read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str('{"bomFormat": 1}') is not None
    bom = json.loads(text)
    whole = bom["metadata"]["component"]
    assert whole["hashes"][0]["content"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    parts = {one["name"]: one for one in bom["components"]}
    entry = versions.conan_data()["sources"][VERSION]
    assert parts["cpython"]["hashes"][0]["content"] == entry["sha256"]
    series = parts[f"series-{entry['series']}"]
    assert series["hashes"][0]["content"] == inputs.series_digest(entry["series"])
    patches = inputs.patch_digests(entry["series"])
    noted = {one["name"].removeprefix("patch:"): one["value"] for one in series["properties"]}
    assert noted == patches
    assert re.match(r"\d+\.", parts["gcc"]["version"])
    # Debian's names of the libraries, where this machine is Debian's; else the libraries' own.
    assert any(name.startswith(("libc6", "libc.so")) for name in parts)
    assert {"pip", "expat", "mpdecimal"} <= set(parts)


def test_refuses_what_is_no_patched_installation(stock: Path, tmp_path: Path) -> None:
    ran = run_module("buildtool.cli.release", "archive", "--prefix", tmp_path)
    assert "has no installation of build.sh" in error_line(ran)
    ran = run_module("buildtool.cli.release", "archive", "--prefix", stock.parents[1])
    assert "published are patched builds" in error_line(ran)
    ran = run_module("buildtool.cli.release", "downloads", "--url", "x", "--output", tmp_path)
    assert "has no archive" in error_line(ran)
    assert list(tmp_path.iterdir()) == []


def test_refuses_an_installation_of_another_series(patched: Path, tmp_path: Path) -> None:
    marker = json.loads((patched.parents[1] / ".cpython-immortal.json").read_text())
    marker["diffs"].popitem()
    (tmp_path / ".cpython-immortal.json").write_text(json.dumps(marker))
    ran = run_module("buildtool.cli.release", "archive", "--prefix", tmp_path)
    assert "was built of another series" in error_line(ran)


# With the real uv


def uv(home: Path, *arguments: str, fails: bool = False) -> str:
    """Run uv, with all that it keeps in *home*; return what it printed, to both streams."""
    environment = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "UV_NO_CONFIG": "1",
        "UV_CACHE_DIR": str(home / "cache"),
        "UV_PYTHON_INSTALL_DIR": str(home / "pythons"),
        "NO_PROXY": "127.0.0.1",
    }
    command = [Path(sys.executable).with_name("uv"), *arguments]
    ran = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True)
    assert bool(ran.returncode) == fails, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def listed(published: Path, url: str) -> list[str]:
    """Write the list of downloads for the address *url*; return uv's option that names it."""
    command = ("downloads", "--output", published, "--url", url)
    ran = run_module("buildtool.cli.release", *command)
    assert ran.returncode == 0, ran.stderr
    return ["--python-downloads-json-url", f"{url}/downloads.json"]


def test_uv_installs_it(published: Path, server: str, tmp_path: Path) -> None:
    option = listed(published, server)
    said = uv(tmp_path, "python", "install", PYTHON.minor, *option)
    assert f"Installed Python {VERSION}" in said
    assert "warning: Failed" not in said
    (folder,) = (tmp_path / "pythons").glob(f"cpython-{VERSION}-*")
    assert folder.name == f"cpython-{VERSION}-linux-x86_64-gnu"
    found = run_json(folder / "bin" / PYTHON.program, SETTINGS)
    assert (found["prefix"], found["immortal"]) == (str(folder), True)
    # uv writes sysconfig's variables anew: it has to find the place in them.
    variables = found["variables"]
    assert variables["LIBDIR"] == str(folder / "lib")
    places = ("/install", "/opt/cpython-immortal")
    assert not [name for name, text in variables.items() if text.startswith(places)]
    uv(tmp_path, "venv", "--managed-python", "--python", PYTHON.minor, "--no-project", "made")
    code = "import gc; print(gc.immortalize_heap() > 1000)"
    assert output_of(tmp_path / "made" / "bin" / "python", "-c", code) == "True\n"
    uv(tmp_path, "python", "uninstall", PYTHON.minor)
    assert not folder.exists()


def test_uv_refuses_what_was_changed(published: Path, server: str, tmp_path: Path) -> None:
    option = listed(published, server)
    path = published / "downloads.json"
    entries = json.loads(path.read_text())
    for entry in entries.values():
        entry["sha256"] = entry["sha256"][::-1]
    path.write_text(json.dumps(entries))
    said = uv(tmp_path, "python", "install", PYTHON.minor, *option, fails=True)
    assert "mismatch" in said.lower()


def test_uv_knows_all_platforms(tmp_path: Path) -> None:
    """An empty file for each platform that there is a name for: uv lists them all."""
    all_names = sorted(downloads.platforms())
    assert len(all_names) > 5
    for triple in all_names:
        (tmp_path / f"cpython-{VERSION}+20260101-{triple}-install_only.tar.gz").touch()
    listed(tmp_path, "http://127.0.0.1:1")
    option = ["--python-downloads-json-url", str(tmp_path / "downloads.json")]
    said = uv(
        tmp_path,
        "python", "list", "--only-downloads", "--all-platforms", "--all-arches",
        *option,
    )  # fmt: skip
    keys = json.loads((tmp_path / "downloads.json").read_text())
    wanted = {key.replace("i686", "x86").replace("riscv64", "riscv64gc") for key in keys}
    assert set(re.findall(r"^cpython-\S+", said, re.M)) == wanted


def test_candidates_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "cpython-3.99.0rc2+20260101-x86_64-unknown-linux-gnu-install_only.tar.gz"
    path.touch()
    key, entry = downloads.entry(path, "http://127.0.0.1/")
    assert key == "cpython-3.99.0rc2-linux-x86_64-gnu"
    assert (entry["minor"], entry["patch"], entry["prerelease"]) == (99, 0, "rc2")
    assert "%2B" in entry["url"] and "//cpython" not in entry["url"]


def test_definition_for_python_build(archive: Path, tmp_path: Path) -> None:
    """What bash hands to python-build's own function; python-build itself can't be had here."""
    (tmp_path / archive.name).symlink_to(archive)
    command = ("pyenv", "--output", tmp_path, "--url", "https://example.org/pythons/")
    ran = run_module("buildtool.cli.release", *command)
    definition = tmp_path / f"cpython-immortal-{VERSION}"
    assert (ran.returncode, ran.stdout) == (0, f"{definition}\n"), ran.stderr
    function = 'install_package() { printf "%s\\n" "$@"; }'
    said = output_of("bash", "-euc", f"{function}; . {definition}").splitlines()
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    place = f"https://example.org/pythons/{archive.name}#{digest}"
    minor = PYTHON.minor.replace(".", "")
    assert said == ["python", place, "copy", f"verify_py{minor}"]


def test_the_time_is_the_commits_or_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert names.tag() == "19700102"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert re.fullmatch(r"20\d{6}", names.tag())
