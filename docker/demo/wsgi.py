"""The application: the workload's Django project, with all its products in memory."""

import os
from pathlib import Path

from workload.shop import serving

application = serving.start(Path("/srv/database"))

from workload.shop import catalogue  # noqa: E402  (Django has to be set up)

catalogue.load(int(os.environ["PRODUCTS"]))
