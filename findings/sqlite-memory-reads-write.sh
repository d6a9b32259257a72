#!/usr/bin/env bash
# A SELECT on a ":memory:" database of SQLite copies, in a forked worker, what it reads. The very same
# database after serialize() and deserialize() stays shared.
#
# Seen: apsw 3.54.1.0, which brings its SQLite, on CPython 3.14.7, 2026-12-01: of 24 MB a scan copies 24, and of the
# deserialized one less than 1. The sqlite3 module with SQLite 3.40.1 does the same.
# Why: an ordinary database in memory lives in the page cache, where the header of each page lies right behind it and
# counts who uses the page. A deserialized one is one block, which the cache copies from, with few pages at a time.
# Matters to: tables of reference that are filled before the fork, for all workers to read.
# What to do: fill the table, serialize() it, and deserialize() that into the connection that is shared.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.14
packages apsw==3.54.1.0
child

cat >"$work/scan.py" <<'EOF'
import apsw
from child import copied

filled = apsw.Connection(":memory:")
filled.execute("create table customer (id integer primary key, name text, number int)")
with filled:
    filled.executemany("insert into customer values (?, ?, ?)",
                       ((n, f"customer number {n} " * 3, n % 100) for n in range(300_000)))
whole = filled.serialize("main")
again = apsw.Connection(":memory:")
again.deserialize("main", whole)

def scan(database):
    return database.execute("select sum(number), sum(length(name)) from customer").fetchall()

for name, database in {"filled": filled, "deserialized": again}.items():
    share = copied(lambda: scan(database)) / (len(whole) / 1e6)
    print(f"{name}: {'most of it' if share > 0.8 else 'hardly anything' if share < 0.1 else share}")
assert scan(filled) == scan(again)
EOF
"$python" "$work/scan.py" | expect 'what a child copies of the database' 'filled: most of it
deserialized: hardly anything'
stated
