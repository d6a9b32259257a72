"""Import this module where the Celery application is made: celery -A MODULE worker.

The signal comes in the parent of a prefork pool, when the tasks are imported and nothing is forked.
Pools of threads or greenlets never fork: nothing happens there.
"""

from celery.signals import celeryd_after_setup
from immortal_objects import before_first_fork


@celeryd_after_setup.connect
def make_heap_immortal(**arguments):
    before_first_fork()
