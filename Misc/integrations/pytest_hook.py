"""pytest-forked runs each test in a child of a loaded process; this makes that one's heap immortal.

    python -m pytest --forked -p pytest_hook

in the folder of this file, which only `python -m` looks in. Or copy the function into conftest.py,
and run pytest --forked. pytest-xdist starts its workers as new programs, which share nothing; it
doesn't fork.
"""

from immortal_objects import before_first_fork


def pytest_collection_finish(session):
    before_first_fork()
