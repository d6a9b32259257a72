#!/usr/bin/env bash
# The first s.loc[key] in a forked worker builds a table of the whole index, of the worker's own: 34 MB for 900,000
# sorted numbers, and as much for 300,000 strings. 1,100,000 sorted numbers take nothing. s.iloc never does.
#
# Seen: pandas 3.1.1 with NumPy 2.5.5 on CPython 3.14.7, 2026-12-01.
# Why: an index has no table until somebody looks for a label. Above a million sorted labels pandas
# searches by halves instead. A slice, sum() or a filter by values needs neither.
# Matters to: workers that share frames loaded before the fork: the frame is shared, and its index is not; eight workers
# build it eight times, for the smaller frame rather than for the larger.
# What to do: look up one label of each index before the fork: the table is shared then.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.14
packages pandas==3.1.1 numpy==2.5.5
child

cat >"$work/lookup.py" <<'EOF'
import numpy, pandas
from child import own

def series(index):
    return pandas.Series(numpy.zeros(len(index)), index=pandas.Index(index))

def say(name, labels, key):
    it, warm = series(labels), series(labels)
    warm.loc[key]
    grown = {"iloc": own(lambda: it.iloc[5]), "loc": own(lambda: it.loc[key]),
             "loc, once before the fork": own(lambda: warm.loc[key])}
    print(f"{name}:", ", ".join(f"{call} {'more than 20' if mb > 20 else 'less than 5' if mb < 5 else mb}"
                                for call, mb in grown.items()))

say("900,000 sorted numbers", numpy.arange(900_000) * 2, 1000)
say("1,100,000 sorted numbers", numpy.arange(1_100_000) * 2, 1000)
say("300,000 strings", [f"customer {number}" for number in range(300_000)], "customer 5")
EOF
"$python" "$work/lookup.py" | expect 'MB that one lookup takes in a worker' \
'900,000 sorted numbers: iloc less than 5, loc more than 20, loc, once before the fork less than 5
1,100,000 sorted numbers: iloc less than 5, loc less than 5, loc, once before the fork less than 5
300,000 strings: iloc less than 5, loc more than 20, loc, once before the fork less than 5'
stated
