"""What all packages have in common, and what knows none of them.

errors, the one exception and how a command ends; process, how another program is run; git, how git
is; paths, where things are; lists, files with a name a line; cache, what is made once; versions,
which there are and their names; kinds, patched and stock; targets, the list of ci/targets.toml;
progress, what is shown of a long run; apt, to fetch packages; packages, what the machine has to
have; pages, the blocks of README files that commands write; markdown and svg, the parts of tables
and charts.
"""
