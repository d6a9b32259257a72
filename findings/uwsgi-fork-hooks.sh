#!/usr/bin/env bash
# uWSGI's workers don't run what was registered by os.register_at_fork(): its fork is not the interpreter's.
# Only --py-call-osafterfork or --py-call-uwsgi-fork-hooks make it so. `random` is seeded anew all the same.
#
# Seen: uWSGI 2.0.31 built from its source, CPython 3.11.7, 2026-11-30.
# Why: uWSGI calls fork() itself; it seeds `random` by hand, which hides that nothing else is done.
# Matters to: libraries that reset connections, locks, counters or generators in a fork hook (logging,
# OpenTelemetry, one's own gc.freeze() in before=), to gevent, and to what an interpreter does after a fork.
# What to do: --py-call-uwsgi-fork-hooks with a master that loads the application, or uwsgi's own @postfork.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.11
command -v gcc >/dev/null || unable 'takes gcc, to build uWSGI'
packages setuptools==80.9.0 uwsgi==2.0.31

cat >"$work/app.py" <<'EOF'
import os, random
import uwsgi

ran = []
os.register_at_fork(after_in_child=lambda: ran.append(os.getpid()))

def report():
    with open("seen", "a") as seen:
        print(ran == [os.getpid()], random.random(), file=seen)

uwsgi.post_fork_hook = report
random.random()

def application(environ, start_response):
    raise NotImplementedError
EOF
workers() {
    rm -f "$work/seen"
    (cd "$work" && exec timeout 60 "$work/venv/bin/uwsgi" --socket "$work/s" --master --processes 3 \
        --wsgi-file app.py --die-on-term "$@" >log 2>&1) &
    local server=$!
    for _ in {1..300}; do
        [ -f "$work/seen" ] && [ "$(wc -l <"$work/seen")" -eq 3 ] && break
        sleep 0.1
    done
    kill "$server"
    wait "$server" || true
    printf '%s: hook ran %s, different random numbers %s\n' "${1:-default}" \
        "$(cut -d ' ' -f 1 "$work/seen" | sort -u)" "$(cut -d ' ' -f 2 "$work/seen" | sort -u | wc -l)"
}
{
    workers
    workers --py-call-osafterfork
    workers --py-call-uwsgi-fork-hooks
} | expect 'three workers' \
'default: hook ran False, different random numbers 3
--py-call-osafterfork: hook ran True, different random numbers 3
--py-call-uwsgi-fork-hooks: hook ran True, different random numbers 3'
stated
