"""packages.py PLATFORM: print Debian's packages of the compiler that builds for it.

Runs in the builder stage, before the checkout is there: with docker/targets.json alone beside it.
"""

import json
import sys
from pathlib import Path

known = json.loads(Path(__file__).with_name("targets.json").read_text())
packages = known["variable"]["PACKAGES"]["default"]
if sys.argv[1] not in packages:
    sys.exit(f"error: no runtime image for {sys.argv[1]}; there are {', '.join(packages)}")
print(*packages[sys.argv[1]])
