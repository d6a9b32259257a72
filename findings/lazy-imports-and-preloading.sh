#!/usr/bin/env bash
# 3.15's lazy imports undo preloading: an application that the master has imported imports its `lazy` modules in each
# worker. resolve() of the lazy object loads the module, but leaves the object in place: the first use still writes to
# the namespace, in each worker.
#
# Seen: CPython 3.15.2, 2026-11-30.
# Why: a lazy name becomes a module at its first use in that namespace. vars(), dir() and copies of the namespace
# don't use it, getattr() does.
# Matters to: preload_app, gc.freeze() and whatever else prepares memory before a fork.
# What to do: before the fork, getattr(module, name) for each name of a lazy import in each loaded module;
# sys.lazy_modules tells what still waits.
# shellcheck source=findings/lib.sh
source "$(dirname "$0")/lib.sh"
takes 3.15

printf 'lazy import json\nlazy import decimal\n\ndef work():\n    return json.dumps({}), decimal.Decimal(1)\n' \
    >"$work/application.py"
cat >"$work/master.py" <<'EOF'
import os, sys
import application

def state(name):
    kind = next(type(value).__name__ for key, value in vars(application).items() if key == name)
    return f"{name} {kind}, loaded {name in sys.modules}"

print("preloaded:", state("json"))
dir(application), dict(vars(application)), sorted(sys.lazy_modules)
print("looked at:", state("json"))
next(value for key, value in vars(application).items() if key == "json").resolve()
getattr(application, "decimal")
print("resolve():", state("json"))
print("getattr():", state("decimal"), flush=True)
if not os.fork():
    application.work()
    print("worker's first use:", state("json"), flush=True)
    os._exit(0)
os.wait()
print("master:", state("json"))
EOF
"$PYTHON" "$work/master.py" | expect 'names of lazy imports' 'preloaded: json lazy_import, loaded False
looked at: json lazy_import, loaded False
resolve(): json lazy_import, loaded True
getattr(): decimal module, loaded True
worker'"'"'s first use: json module, loaded True
master: json lazy_import, loaded True'
stated
