"""pytest --forked -p pytest_hook: pytest-forked runs each test in a child of a loaded process.

Or copy the function into conftest.py. pytest-xdist starts its workers as new programs, which share
nothing; it doesn't fork.
"""

from immortal_objects import immortalize_heap


def pytest_collection_finish(session):
    immortalize_heap()
