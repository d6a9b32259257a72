"""Airflow 3, in its configuration: [core] executor = airflow_executor.ImmortalLocalExecutor

The scheduler calls start() when all is loaded, and LocalExecutor forks its workers there. This file
has to be where Python finds it: in Airflow's folders config or plugins, or on PYTHONPATH.
"""

import data  # noqa: F401  yours: what the tasks import, to be loaded once
from airflow.executors.local_executor import LocalExecutor
from immortal_objects import immortalize_heap


class ImmortalLocalExecutor(LocalExecutor):
    def start(self):
        immortalize_heap()
        super().start()
