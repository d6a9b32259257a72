#!/usr/bin/env bash
# Serializing a string that isn't ASCII makes the *original* larger, for as long as it lives: pickle, orjson,
# msgspec and sqlite3 leave a UTF-8 copy in it. json, marshal and str.encode() don't.
#
# Seen: orjson 3.13.0, msgspec 0.23.0 on CPython 3.11.7 and 3.14.10, 2026-11-30: 202 letters
# "é" take 275 bytes before and 680 afterwards.
# Why: they call PyUnicode_AsUTF8AndSize(), which caches what it returns.
# Matters to: forked workers (the first response of each writes to every page of shared text and allocates the copy
# again), and caches of text that seem to leak after the first dump.
# What to do: json.dumps() for shared text, or serialize once before the fork; or keep it as bytes.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.11 3.14
packages orjson==3.13.0 msgspec==0.23.0

"$python" - <<'EOF' | expect 'bytes that the string has more afterwards' \
'json 0, marshal 0, encode 0, hash 0
pickle 405, orjson 405, msgspec 405, sqlite3 405'
import json, marshal, pickle, sqlite3, sys
import msgspec, orjson

def growth(call):
    text = "".join(["é"] * 202)
    before = sys.getsizeof(text)
    call(text)
    return sys.getsizeof(text) - before

database = sqlite3.connect(":memory:")
for calls in (
    {"json": json.dumps, "marshal": marshal.dumps, "encode": str.encode, "hash": hash},
    {"pickle": pickle.dumps, "orjson": orjson.dumps, "msgspec": msgspec.json.encode,
     "sqlite3": lambda text: database.execute("select ?", (text,)).fetchone()},
):
    print(", ".join(f"{name} {growth(call)}" for name, call in calls.items()))
EOF
stated
