"""The commands, a module for each, with their options and what they print.

build, demo, docker, matrix, performance, release, series, suite and wheels: a script in
build-scripts/ starts each, but for demo, which is `python -m buildtool.cli.demo`. arguments has
what their parsers share.
"""
