"""uwsgi --master --processes 8 --module uwsgi_application, without lazy-apps.

uWSGI loads the application in the master and forks. So the call is the last line of the module:
before_first_fork() isn't enough, for uWSGI 2.0.31 tells Python of its forks only with
py-call-uwsgi-fork-hooks.
"""

from application import application  # noqa: F401  your project's
from immortal_objects import immortalize_heap

immortalize_heap()
