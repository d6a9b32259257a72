"""Settings of gunicorn: the application is loaded and warm, and then immortal, before it forks.

WORKERS, PORT, MODE (nothing, freeze, immortalize) and PRODUCTS come from the environment.
"""

import gc
import mmap
import os
import struct
from pathlib import Path

from workload import heap
from workload.shop import serving

bind = f"127.0.0.1:{os.environ['PORT']}"
workers = int(os.environ["WORKERS"])
wsgi_app = "wsgi:application"
preload_app = True
worker_tmp_dir = "/dev/shm"
timeout = 300

# How many requests each worker has answered, at its number's place: 8 bytes, shared by all.
COUNTS = Path("/dev/shm/requests")
COUNTS.write_bytes(bytes(8 * 1024))
with COUNTS.open("r+b") as file:
    counts = mmap.mmap(file.fileno(), 0)


def when_ready(server):
    """Called once, in the master: everything is loaded, and nothing has been forked."""
    from django.db import connections

    serving.serve(server.app.wsgi(), serving.WARM, int(os.environ["PRODUCTS"]))
    connections.close_all()  # a connection must not be used by two processes
    gc.collect()
    taken = heap.take_out(os.environ["MODE"])
    server.log.info("%s: %d objects", os.environ["MODE"], taken)


def post_request(worker, request, environ, response):
    place = 8 * (worker.age % 1024)
    (answered,) = struct.unpack_from("Q", counts, place)
    struct.pack_into("Q", counts, place, answered + 1)
