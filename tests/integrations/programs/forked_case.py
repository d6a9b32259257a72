"""A test that reads data.py's data; pytest-forked runs it in a child."""

from data import work


def test_reads_all() -> None:
    assert work(0) > 0
