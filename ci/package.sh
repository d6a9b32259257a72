#!/usr/bin/env bash
# Installs immortal-objects for the python of PATH, as pip does it from a checkout, and runs its tests.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
python -m pip install ./Misc/immortal-objects
cd Misc/immortal-objects/tests  # here the installed package is found, and no other
python -B -m unittest discover .
