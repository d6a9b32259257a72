"""Loaded by the fork server, and by the parent, which never forks: nothing happens there."""

from data import WORKERS, work  # noqa: F401  yours
from immortal_objects import before_first_fork

before_first_fork()
