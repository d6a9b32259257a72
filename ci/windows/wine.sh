#!/bin/sh
# usage: wine.sh PROGRAM.exe [ARGUMENT...]
#
# Runs a Windows program under Wine, in the root and with the Wine prefix beside this script.
# Paths of this machine may be given to it as they are: Wine has them on its drive Z:.
set -eu

here=$(dirname -- "$(realpath -- "$0")")
# Wine 10 crashes where TMPDIR is set; it has a folder for temporary files of its own.
unset TMPDIR TMP TEMP
export PATH=/usr/lib/wine:/usr/bin:/usr/sbin:/bin:/sbin LC_ALL=C.UTF-8 DISPLAY='' WAYLAND_DISPLAY=''
export WINEPREFIX="$here/prefix" WINEARCH=@WINEARCH@ WINESERVER=/usr/lib/wine/@WINESERVER@
export WINEDEBUG="${WINEDEBUG:--all}"
# Not for us: .NET, HTML, menu entries, a debugger that waits, screens; and the desktop, which
# without a screen starts itself again and again.
overrides=mscoree,mshtml,winemenubuilder.exe,winedbg.exe,explorer.exe
export WINEDLLOVERRIDES="$overrides,winex11.drv,winewayland.drv="
exec "$here/enter.sh" "$here/root" /usr/lib/wine/@WINE@ "$@"
