"""Loaded by the fork server (and by the parent, where nothing is forked from the heap)."""

from data import WORKERS, work  # noqa: F401  yours
from immortal_objects import immortalize_heap

immortalize_heap()
