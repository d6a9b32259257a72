#!/usr/bin/env bash
# `quilt refresh`, without any change in between, takes an empty new file and the mode of a script out of a patch of
# git's. Before, `quilt push` makes both; after the refresh, it makes neither. Every step exits with 0.
#
# Seen: Debian's quilt 0.67+really0.66-1 with GNU patch 2.7.6, 2026-11-30.
# Why: patch reads git's headers, but quilt writes patches with diff, which has no line for a mode or an empty file.
# Matters to: a series of patches kept for quilt and git: a package's __init__.py and a script's x are gone after
# somebody's refresh, and the tests of the tree at hand still pass, since the files are there until the next pop.
# What to do: put a comment into new empty files and call scripts by their interpreter; or refresh with
# git format-patch; check after a refresh that pop and push give the same tree.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
command -v patch >/dev/null || unable 'takes GNU patch'
debian quilt=0.67+really0.66-1

mkdir -p "$work/tree/patches"
cd "$work/tree"
printf 'a\nb\nc\n' >f
echo one.patch >patches/series
cat >patches/one.patch <<'EOF'
diff --git a/f b/f
--- a/f
+++ b/f
@@ -1,3 +1,3 @@
 a
-b
+B
 c
diff --git a/pkg/__init__.py b/pkg/__init__.py
new file mode 100644
index 0000000..e69de29
diff --git a/run.sh b/run.sh
new file mode 100755
index 0000000..0000001
--- /dev/null
+++ b/run.sh
@@ -0,0 +1 @@
+echo
EOF
quilt() {
    QUILT_DIR=$work/root/usr/share/quilt QUILT_PATCHES=patches QUILTRC=/dev/null \
        bash "$work/root/usr/bin/quilt" "$@" >>"$work/log" 2>&1 || unable "quilt $1: $(tail -n 1 "$work/log")"
}
look() {
    printf '%s: %s\n' "$1" "$(find pkg run.sh -type f -printf '%p %m\n' 2>/dev/null | LC_ALL=C sort | xargs)"
}
umask 022
{
    quilt push
    look pushed
    quilt refresh
    quilt pop
    quilt push
    look 'refreshed and pushed again'
} | expect 'new files and their modes' 'pushed: pkg/__init__.py 644 run.sh 755
refreshed and pushed again: run.sh 644'
stated
