#!/usr/bin/env bash
# On 3.13 to 3.15 a function with an `if` changes its own code object at each call, warm or not, JIT or not. One
# without conditional jumps is quiet once it is warm; so are both on 3.12.
#
# Seen: CPython 3.13.0, 3.14.10 and 3.15.2 (JIT off); not 3.12.1; 2026-11-30.
# Why: each conditional jump stores the history of its branches beside the instruction, for a JIT that may not
# even be compiled in.
# Matters to: forked workers: pages with code that runs can't stay shared, whatever was warmed up before the fork
# and whatever gc.freeze() or immortal objects do for the rest.
# What to do: nothing on a stock interpreter; count these pages as each worker's own (3.14.10, a Django worker: 188).
# shellcheck source=findings/lib.sh
source "$(dirname "$0")/lib.sh"
takes 3.12 3.13 3.14 3.15

case $("$PYTHON" -c 'import sys; print(sys.version_info >= (3, 13))') in
True) stated_changes='with if: 5 of 5 calls, without: 0 of 5 calls' ;;
*) stated_changes='with if: 0 of 5 calls, without: 0 of 5 calls' ;;
esac
"$PYTHON" - <<'EOF' | expect 'calls after which the bytes of the code differ' "$stated_changes"
def with_if(one, two):
    if one < two:
        two += one
    return one + two

def without(one, two):
    two += one
    return one + two

def changes(function):
    for number in range(5000):      # warm
        function(number, 3)
    changed = 0
    for number in range(5):
        before = function.__code__._co_code_adaptive
        function(number, 3)
        changed += function.__code__._co_code_adaptive != before
    return changed

print(f"with if: {changes(with_if)} of 5 calls, without: {changes(without)} of 5 calls")
EOF
stated
