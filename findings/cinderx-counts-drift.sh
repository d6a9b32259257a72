#!/usr/bin/env bash
# CinderX's immortalize_heap() on stock 3.14 makes constants immortal whose counts then rise by one for each time
# that code which had run before the call stores them: 1,000,000 in 1,000,000. Code first run after it adds nothing.
#
# Seen: cinderx 2026.11.2.0 on CPython 3.14.10, 2026-11-30.
# Why: 3.14 specializes LOAD_CONST at its first execution to a form for mortal constants that adds without a test;
# what drops the reference tests first. "Immortal" is a range of counts on 3.14, not one value, and the range ends.
# Matters to: processes that run for weeks with a heap made immortal; and each such count dirties a page.
# What to do: make the heap immortal before the application's code has run, or fork and recycle workers.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.14.10
packages cinderx==2026.11.2.0

"$python" - <<'EOF' | expect 'what a million stores add to the count' \
'ran before the call: immortal True, about a million
ran first after it: immortal True, nothing'
import sys
import cinderx

def stores(count):
    d = {}
    for _ in range(count):
        d["key"] = ("one", "two")

def later(count):
    d = {}
    for _ in range(count):
        d["key"] = ("three", "four")

def constant(function):
    return next(value for value in function.__code__.co_consts if isinstance(value, tuple))

stores(10)
cinderx.immortalize_heap()
for name, function in {"ran before the call": stores, "ran first after it": later}.items():
    value = constant(function)
    before = sys.getrefcount(value)
    function(1_000_000)
    added = sys.getrefcount(value) - before
    print(f"{name}: immortal {sys._is_immortal(value)},",
          "nothing" if added == 0 else "about a million" if 999_000 < added < 1_001_000 else added)
EOF
stated
