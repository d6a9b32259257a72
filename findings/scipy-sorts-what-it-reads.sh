#!/usr/bin/env bash
# max(), argmax(), count_nonzero(), tolil() and norm() of a sparse array of SciPy, and splu(), reorder the arrays of
# the matrix that they are called with; sum(), products, items and minimum() leave it as it was.
#
# Seen: SciPy 1.18.1 on CPython 3.14.7, 2026-12-01. The values that the matrix stands for stay the same.
# Why: they call sum_duplicates() or sort_indices(), which work in place and remember that they did. The indices of a
# product A @ B are such that there is something to do.
# Matters to: matrices that forked workers share: the first max() in each copies all of it; and to arrays given to the
# constructor, which doesn't copy them: the caller's own arrays, or threads that read them, see another order.
# What to do: call sum_duplicates() once, before the fork.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.14
packages scipy==1.18.1 numpy==2.5.5

cat >"$work/sparse.py" <<'EOF'
import numpy
from scipy import sparse
from scipy.sparse import linalg

part = sparse.random_array((300, 300), density=0.02, format="csr", rng=1) + sparse.eye_array(300, format="csr")
product = part @ part

def changed(call, form):
    given = product if form == "csr" else sparse.csc_array((product.data, product.indices, product.indptr))
    data, indices, indptr = given.data.copy(), given.indices.copy(), given.indptr.copy()
    call(type(given)((data, indices, indptr), shape=given.shape))
    return not (numpy.array_equal(indices, given.indices) and numpy.array_equal(data, given.data))

calls = {
    "sum": lambda m: m.sum(axis=0), "product": lambda m: m @ numpy.ones(300), "item": lambda m: m[5, 3],
    "tocoo": lambda m: m.tocoo(), "transpose": lambda m: m.T.tocsr(), "minimum": lambda m: m.minimum(m),
    "max": lambda m: m.max(), "argmax": lambda m: m.argmax(axis=1), "tolil": lambda m: m.tolil(),
    "count_nonzero": lambda m: m.count_nonzero(axis=1), "norm": linalg.norm,
}
seen = {name: changed(call, "csr") for name, call in calls.items()}
seen["splu"] = changed(linalg.splu, "csc")
print("sorted to begin with:", product.has_sorted_indices)
print("in place:", *(name for name in seen if seen[name]))
print("not:", *(name for name in seen if not seen[name]))
EOF
"$python" "$work/sparse.py" | expect 'calls that write to the arrays of the matrix' 'sorted to begin with: False
in place: max argmax tolil count_nonzero norm splu
not: sum product item tocoo transpose minimum'
stated
