#!/usr/bin/env bash
# patch-ng (Conan's patch()) never makes an empty new file, and apply() is true all the same. With strip=1, which
# `patch -p1` suggests, it writes the other new file to the wrong folder before it fails at a file to be changed.
#
# Seen: patch-ng 1.19.1 on CPython 3.11.7, 2026-11-30.
# Why: the a/ and b/ of git are taken off beforehand, and strip once more; a diff without hunks isn't one.
# Matters to: recipes of Conan: __init__.py is missing after a patch that succeeded.
# What to do: strip=0 for patches of git; put a line into new files; compare the tree with that of `git apply`.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.11
packages patch-ng==1.19.1

cat >"$work/a.patch" <<'EOF'
diff --git a/pkg/f b/pkg/f
index 0000001..0000002 100644
--- a/pkg/f
+++ b/pkg/f
@@ -1,3 +1,3 @@
 a
-b
+B
 c
diff --git a/pkg/new b/pkg/new
new file mode 100644
index 0000000..0000001
--- /dev/null
+++ b/pkg/new
@@ -0,0 +1 @@
+new
diff --git a/pkg/__init__.py b/pkg/__init__.py
new file mode 100644
index 0000000..e69de29
EOF
tree() {
    local applied
    mkdir -p "$work/$1/pkg"
    printf 'a\nb\nc\n' >"$work/$1/pkg/f"
    applied=$(cd "$work/$1" && "${@:2}" ../a.patch 2>/dev/null)
    printf '%s: %s; %s\n' "$1" "${applied:-done}" \
        "$(cd "$work/$1" && find . -type f -printf '%P ' | tr ' ' '\n' | LC_ALL=C sort | xargs)"
}
apply="import sys, patch_ng; print(patch_ng.fromfile(sys.argv[2]).apply(strip=int(sys.argv[1])))"
{
    tree git git apply
    tree strip=0 "$python" -c "$apply" 0
    tree strip=1 "$python" -c "$apply" 1
} | expect 'files afterwards' 'git: done; pkg/__init__.py pkg/f pkg/new
strip=0: True; pkg/f pkg/new
strip=1: False; new pkg/f'
stated
