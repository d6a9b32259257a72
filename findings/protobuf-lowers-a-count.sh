#!/usr/bin/env bash
# protobuf's wheel takes one from the count of the immortal empty tuple with each MergeFrom(), and adds one to that
# of None. On 3.14 the first call is enough to have every later user of the tuple write to it: 1,000 copies
# of a list that holds it leave its count 1,000 higher, and as it was where protobuf hasn't been called.
#
# Seen: protobuf 7.36.2 (cp310-abi3, upb) on CPython 3.14.7, 2026-12-01.
# Why: the wheel is compiled against headers that count without a test. What the interpreter handed out wasn't
# counted, and is given back counted. 3.14 adds to a count below the initial one of immortal objects, where it would
# leave the initial one alone: each such use writes, until the count is there again.
# Matters to: forked workers: the page of a static object is copied though everybody "only reads"; and to who takes
# blind counting for a drift upwards alone: this one falls, at some 2^30 calls to the edge of what is immortal.
# What to do: nothing helps but a wheel that tests (one for the version, or for the stable ABI of 3.12 or later). Make
# objects immortal with a count in the middle of the range, if you make them so yourself.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.14
packages protobuf==7.36.2

cat >"$work/counts.py" <<'EOF'
import ctypes, sys
from google.protobuf import descriptor_pb2
from google.protobuf.internal import api_implementation

assert api_implementation.Type() == "upb"
message, other = descriptor_pb2.FileDescriptorProto(), descriptor_pb2.FileDescriptorProto()

def count(thing):
    return ctypes.c_uint32.from_address(id(thing)).value

def added(call):
    before = [count(thing) for thing in ((), None)]
    for _ in range(1000):
        call()
    after = [count(thing) for thing in ((), None)]
    return ", ".join("about none" if abs(n) < 10 else f"about {round(n, -2)}"
                     for n in (new - old for new, old in zip(after, before)))

source = [()]
print("list() before:", added(lambda: list(source)))
print("MergeFrom:", added(lambda: message.MergeFrom(other)))
print("list() after:", added(lambda: list(source)))
print("the tuple is immortal:", sys._is_immortal(()))
EOF
"$python" "$work/counts.py" | expect 'what 1,000 calls add to the counts of () and None' \
'list() before: about none, about none
MergeFrom: about -1000, about 1000
list() after: about 1000, about none
the tuple is immortal: True'
stated
