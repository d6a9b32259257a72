#!/usr/bin/env bash
# patch-ng (Conan's patch()) applies one git patch to two places: with strip=1 it changes pkg/f where it is, and
# creates pkg/new as ./new; strip=0 does what `patch -p1` does. An empty new file is never made. apply() is true.
#
# Seen: patch-ng 1.19.1 on CPython 3.11.7, 2026-11-30.
# Why: the a/ and b/ of git are taken off beforehand; strip is then taken from the names once more where a file is
# created (or deleted), while a file to be changed is found under its whole name. A diff without hunks isn't one.
# Matters to: recipes in Conan that say strip=1, as one says it to patch: a module lands where nobody imports it, and
# __init__.py is missing.
# What to do: strip=0 for patches of git; put a line into new files; compare the tree with that of `git apply`.
# shellcheck source=findings/lib.sh
source "$(dirname "$0")/lib.sh"
takes 3.8 3.9 3.10 3.11 3.12 3.13
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
    grep -q B "$work/$1/pkg/f"
}
apply="import sys, patch_ng; print(patch_ng.fromfile(sys.argv[2]).apply(strip=int(sys.argv[1])))"
{
    tree git git apply
    tree strip=0 "$python" -c "$apply" 0
    tree strip=1 "$python" -c "$apply" 1
} | expect 'files afterwards' 'git: done; pkg/__init__.py pkg/f pkg/new
strip=0: True; pkg/f pkg/new
strip=1: True; new pkg/f'
stated
