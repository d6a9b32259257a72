"""The targets of ci/targets.toml, each built, proved, tested and compared.

examine, what is done with one target; upstream_build, where only CPython's own build works; table,
the results as Markdown and JSON; record, what is taken into ci/; status, how much of it is of the
present series; profiles, those of Conan for cross compilers.
"""
