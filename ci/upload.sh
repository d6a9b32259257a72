#!/usr/bin/env bash
# usage: ci/upload.sh FOLDER
#
# Publishes the files of FOLDER as the release of the workflow's tag, by GitHub's own command.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
if [ $# -ne 1 ] || [ "$1" = --help ]; then
    sed -n '2,/^set/{s/^# \{0,1\}//;/^set/!p;}' "$0"
    exit
fi
exec gh release create "$GITHUB_REF_NAME" --verify-tag --generate-notes "$1"/*
