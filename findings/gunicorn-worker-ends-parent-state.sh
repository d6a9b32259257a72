#!/usr/bin/env bash
# With --preload, the first gunicorn worker that ends deletes the application's TemporaryDirectory: for the
# master and for every other worker. What a preloaded application registers with atexit, or with
# weakref.finalize, runs in the master's name at the end of *each* worker.
#
# Seen: gunicorn 27.0.1, CPython 3.11.7 and 3.14.10, 2026-11-30: after one worker's regular end (as with
# --max-requests) the folder is gone and its successor answers without it.
# Why: a worker leaves by sys.exit(), so that the interpreter ends as usual, with the handlers it inherited.
# multiprocessing and billiard leave by os._exit() and run none of them.
# Matters to: preloaded models in temporary folders, shared memory that atexit unlinks, lock files; and to
# memory: what runs at the end writes to pages that were shared until then.
# What to do: in an atexit handler of a preloaded module compare os.getpid() with that of the registration;
# for a TemporaryDirectory take delete=False (3.12) or mkdtemp().
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.11 3.14
packages gunicorn==27.0.1

cat >"$work/app.py" <<'EOF'
import atexit, os, tempfile
import gunicorn.arbiter

folder = tempfile.TemporaryDirectory()
seen = open("seen", "a", buffering=1)
owner = os.getpid()
atexit.register(lambda: print("atexit in", "master" if os.getpid() == owner else "worker", file=seen))

def app(environ, start_response):
    raise NotImplementedError
EOF
cat >"$work/gunicorn.conf.py" <<'EOF'
import os, signal

ended = []

def post_worker_init(worker):
    if worker.age == 1:
        os.kill(os.getpid(), signal.SIGTERM)    # a regular end, as after --max-requests
    else:
        import app
        print("successor sees the folder:", os.path.exists(app.folder.name), file=app.seen)
        os.kill(os.getppid(), signal.SIGTERM)

def child_exit(server, worker):
    import app
    print("master sees the folder:", os.path.exists(app.folder.name), file=app.seen)
EOF
(cd "$work" && HOME=$work timeout 60 "$work/venv/bin/gunicorn" --preload --workers 1 --bind "unix:$work/s" \
    --config gunicorn.conf.py app:app >log 2>&1) || unable "gunicorn failed: $(tail -n 1 "$work/log")"
head -n 3 "$work/seen" | expect 'one worker ends regularly' 'atexit in worker
master sees the folder: False
successor sees the folder: False'
stated
