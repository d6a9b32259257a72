"""The list of targets: machines stand in one row each, and profiles are made from that."""

from __future__ import annotations

from buildtool.core import targets
from buildtool.matrix import profiles


def test_every_machine_is_of_a_target() -> None:
    used = {(one.system, one.arch) for one in targets.load().values()}
    rows = targets.machines()
    assert {(system, arch) for system, of in rows.items() for arch in of} == used


def test_profiles_are_those_of_the_list() -> None:
    made = profiles.texts()
    assert {"s390x-gcc", "i686-clang", "m68k-gcc"} <= set(made)
    for name, text in made.items():
        assert (profiles.FOLDER / name).read_text() == text, (
            "run build-scripts/matrix.sh --profiles"
        )


def test_every_cross_profile_is_made() -> None:
    files = [path for path in profiles.FOLDER.iterdir() if path.is_file()]
    cross = {path.name for path in files if 'include "cross/' in path.read_text()}
    assert cross == set(profiles.texts())
