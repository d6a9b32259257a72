"""What is published of an installation that build.sh has made, and how it is proven to be that.

names, of archives and platforms; archive, which tools unpack as they do python-build-standalone's;
downloads, by which uv installs it; bom, the list of what it was made from; twice, two builds of one
commit; compare, what differs between them; debian, a package in a prefix of its own; pyenv, a
definition for python-build.
"""
