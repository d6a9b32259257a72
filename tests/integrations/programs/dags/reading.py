"""A DAG of Airflow that runs once, with a task for each worker, which works on data.py's data."""

from __future__ import annotations

from airflow.sdk import dag, task
from data import WORKERS, work


@dag(schedule="@once", max_active_tasks=WORKERS)
def reading() -> None:
    @task
    def read(number: int) -> float:
        return work(number)

    read.expand(number=list(range(WORKERS)))


reading()
