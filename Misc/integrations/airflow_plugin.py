"""A plugin of Airflow 3 with LocalExecutor: copy this file into the folder of the plugins.

Airflow calls on_starting() in the scheduler when all is loaded and no worker is forked, in the
processor of the DAGs alike, and once more in each task, which forks nothing.
"""

import data  # noqa: F401  yours: what the tasks import, to be loaded once
from airflow.jobs.job import Job
from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin
from immortal_objects import immortalize_heap


class Listener:
    @hookimpl
    def on_starting(self, component):
        if isinstance(component, Job):
            immortalize_heap()


class ImmortalHeap(AirflowPlugin):
    name = "immortal_heap"
    listeners = (Listener(),)
