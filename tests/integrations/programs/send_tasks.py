"""send_tasks.py N: send N tasks to the Celery application tasks.py, and wait for their results."""

from __future__ import annotations

import os
import sys

from celery import Celery

app = Celery("client", broker=os.environ["BROKER"], backend=os.environ["BROKER"])
results = [app.send_task("tasks.task", [number]) for number in range(int(sys.argv[1]))]
print([result.get(timeout=600) for result in results])
