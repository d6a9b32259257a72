"""The application: the Django project of the tests, with all its products in memory."""

import os
from pathlib import Path

import web

application = web.start(Path("/srv/database"))

from shop import catalogue  # noqa: E402  (Django has to be set up)

catalogue.load(int(os.environ["PRODUCTS"]))
