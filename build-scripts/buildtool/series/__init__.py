"""The patch series in patches/: files that become commits of a repository, and files again.

order, the file `series`; patchfile, one patch; repository, commits from patches and back; base, the
source under the series; rules, what is checked; prefixes, to build each beginning of the series.
"""
