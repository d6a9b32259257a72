"""Import this module where the Celery application is made: celery -A MODULE worker.

The signal comes in the parent of a prefork pool, when the tasks are imported and nothing is forked.
"""

from celery.signals import celeryd_after_setup
from immortal_objects import immortalize_heap


@celeryd_after_setup.connect
def make_heap_immortal(**arguments):
    immortalize_heap()
