#!/usr/bin/env bash
# Under QEMU's user mode 7.2 a program's /proc/self/maps has the guest's mappings alone, while /proc/self/smaps and
# smaps_rollup have the emulator's: code caches, its heap and its libraries count as the program's private memory.
#
# Seen: Debian's qemu-user-static 1:7.2+dfsg-7+deb12u18+b3 (x86-64) with a static s390x program that ziglang 0.17.1
# builds, 2026-11-30: 8 mappings in maps, some 27 in smaps; 5 MB of private memory for a program of 40 KB.
# Why: QEMU answers /proc/self/maps itself and passes the others to the kernel.
# Matters to: tests of memory that are run for other architectures: figures of copied pages are QEMU's, too.
# What to do: compare two runs under the same QEMU, or measure in a system under qemu-system; set no limit in bytes by
# what smaps says there.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.8 3.9 3.10 3.11 3.12 3.13 3.14
[ "$(uname -m)" = x86_64 ] || unable 'takes x86-64'
debian 'qemu-user-static=1:7.2+dfsg-7+deb12u18+b3'
packages ziglang==0.17.1

cat >"$work/maps.c" <<'EOF'
#include <stdio.h>
#include <string.h>

int
main(void)
{
    static const char *const names[] = {"/proc/self/maps", "/proc/self/smaps"};
    char line[1024];
    for (int i = 0; i < 2; i++) {
        int mappings = 0, emulator = 0;
        FILE *file = fopen(names[i], "r");
        while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
            unsigned long from, to;
            if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
                mappings++;
                emulator += strstr(line, "qemu-s390x") != NULL;
            }
        }
        printf("%s: %s, the emulator's file %s\n", names[i], mappings < 12 ? "the guest" : "more",
               emulator ? "is there" : "is not there");
    }
    return 0;
}
EOF
"$python" -m ziglang cc -target s390x-linux-musl -static -O1 "$work/maps.c" -o "$work/maps" 2>"$work/log" ||
    unable "ziglang can't build: $(tail -n 1 "$work/log")"
"$work/root/usr/bin/qemu-s390x-static" "$work/maps" | expect 'mappings that an s390x program sees' \
"/proc/self/maps: the guest, the emulator's file is not there
/proc/self/smaps: more, the emulator's file is there"
stated
