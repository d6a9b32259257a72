#!/bin/sh
# usage: enter.sh ROOT COMMAND [ARGUMENT...]
#
# Runs COMMAND with ROOT as the root directory. What this machine has beside its system's own
# directories is at its usual place there, so that a path means the same inside and outside. The
# mounts are in a name space of their own, and gone when COMMAND ends.
set -eu

if [ "${1-}" != --mount ]; then
    user=--map-root-user
    [ "$(id -u)" -ne 0 ] || user=
    # shellcheck disable=SC2086
    exec unshare $user --mount /bin/sh "$0" --mount "$@"
fi
root=$2
shift 2
for folder in /*; do
    case $folder in
        /bin | /boot | /etc | /lib* | /sbin | /usr | /lost+found) continue ;;
    esac
    [ -d "$folder" ] && [ ! -L "$folder" ] || continue
    [ -d "$root$folder" ] || mkdir "$root$folder"
    mount --rbind "$folder" "$root$folder"
done
# The inner shell: to change to the folder that we are in.
# shellcheck disable=SC2016
exec chroot "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"
