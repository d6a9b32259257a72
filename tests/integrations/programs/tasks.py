"""A Celery application with one task, which works on data.py's data."""

from __future__ import annotations

import os

import celery_hook  # noqa: F401  the example in Misc/integrations
from celery import Celery
from data import work

app = Celery("tasks", broker=os.environ["BROKER"], backend=os.environ["BROKER"])


@app.task
def task(number: int) -> float:
    return work(number)
