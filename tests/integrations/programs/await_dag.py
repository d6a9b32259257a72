"""await_dag.py: wait for the only run of a DAG to end; exit with status 0 if it was a success.

Airflow's database is that of SQLite in its folder, AIRFLOW_HOME.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time

connection = sqlite3.connect(f"file:{os.environ['AIRFLOW_HOME']}/airflow.db?mode=ro", uri=True)
states: set[str] = set()
while not states & {"success", "failed"}:
    time.sleep(0.5)
    states = {state for (state,) in connection.execute("SELECT state FROM dag_run")}
sys.exit(states != {"success"})
