#!/usr/bin/env bash
# os.register_at_fork() called in a `before` callback, so while a fork is under way: the fork runs the new
# after_in_parent and after_in_child, but not the new `before` that belongs to them.
#
# Seen: Debian 12's CPython 3.11.2, which is run here, 2026-12-01; 3.14.7 and 3.15.0rc2 do the same.
# Why: the list of `before` callbacks is copied when the fork begins, those of the other two kinds when it has happened.
# Matters to: pairs that belong together, as a lock that is taken before and released after: the release comes
# without the acquisition. Importing a module that registers such a pair (concurrent.futures.thread, logging)
# for the first time in a `before` callback is enough; with lazy imports any use of its name is.
# What to do: import what registers callbacks before the first fork, outside of them.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
version=3.11.2-6+deb12u9
debian python3.11-minimal=$version libpython3.11-minimal=$version

PYTHONHOME=$work/root/usr "$work/root/usr/bin/python3.11" -S - <<'EOF' | expect 'callbacks of the first fork, and of the second' \
'after
before after'
import os

ran = []

def register():
    if not ran:
        ran.append("-")
        os.register_at_fork(
            before=lambda: ran.append("before"), after_in_parent=lambda: ran.append("after")
        )

os.register_at_fork(before=register)
for _ in range(2):
    if os.fork() == 0:
        os._exit(0)
    os.wait()
    print(*(word for word in ran if word != "-"))
    ran[:] = "-"
EOF
stated
