#!/usr/bin/env bash
# `uv python install` writes an interpreter's _sysconfigdata anew: it keeps the dictionary, and drops all
# other code of the module. It replaces the build's prefix in it, but only where that is "/install", and adds
# that the build is one of python-build-standalone, whoever made it.
#
# Seen: uv 0.13.9, an archive in the layout of python-build-standalone on a server of this machine, 2026-12-01.
# Why: uv reads the dictionary's text, mends paths and compilers in it, and prints the dictionary alone.
# Matters to: whoever builds relocatable interpreters whose _sysconfigdata finds its folder when it is
# imported, and lets uv install them: sysconfig names the folder of the build then, so that extension
# modules look for headers and libraries there. uv gives no warning.
# What to do: configure what uv is to install with --prefix=/install.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.11
packages uv==0.13.9

# An installation that has no more than uv asks for: a program and the module.
module=_sysconfigdata__linux_x86_64-linux-gnu.py
made=$work/made/python
mkdir -p "$made/bin" "$made/lib/python3.11"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$python" >"$made/bin/python3.11"
chmod +x "$made/bin/python3.11"
cat >"$made/lib/python3.11/$module" <<'EOF'
# system configuration generated and used by the sysconfig module
build_time_vars = {
    "CC": "gcc",
    "INCLUDEPY": "/opt/built/include",
    "LIBDIR": "/install/lib",
}
import os
here = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
for name, text in build_time_vars.items():
    build_time_vars[name] = text.replace("/opt/built", here)
EOF
archive=$work/served/python.tar.gz
mkdir "$work/served"
tar -C "$work/made" -czf "$archive" python

cat >"$work/served.py" <<'EOF'
import functools, hashlib, http.server, json, os, pathlib, subprocess, sys, threading
uv, served, pythons = sys.argv[1:]
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=served)
handler.log_message = lambda *args: None
http.server.SimpleHTTPRequestHandler.log_message = lambda *args: None
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
archive = pathlib.Path(served, "python.tar.gz").read_bytes()
entry = {
    "name": "cpython", "arch": {"family": "x86_64", "variant": None}, "os": "linux", "libc": "gnu",
    "major": 3, "minor": 11, "patch": 2, "prerelease": "", "variant": None, "build": "20260101",
    "url": f"{url}python.tar.gz", "sha256": hashlib.sha256(archive).hexdigest(),
}
pathlib.Path(served, "list.json").write_text(json.dumps({"cpython-3.11.2-linux-x86_64-gnu": entry}))
environment = {**os.environ, "HOME": pythons, "UV_PYTHON_INSTALL_DIR": pythons, "UV_NO_CONFIG": "1",
               "UV_CACHE_DIR": f"{pythons}/cache", "NO_PROXY": "127.0.0.1"}
ran = subprocess.run([uv, "python", "install", "3.11.2", "--python-downloads-json-url", f"{url}list.json"],
                     env=environment, capture_output=True, text=True)
sys.exit(ran.returncode and ran.stderr)
EOF
"$python" "$work/served.py" "$work/venv/bin/uv" "$work/served" "$work/pythons"
installed=$work/pythons/cpython-3.11.2-linux-x86_64-gnu/lib/python3.11/$module

sed "s:$work/pythons:PYTHONS:" "$installed" | expect 'what uv makes of the module' '# system configuration generated and used by the sysconfig module
build_time_vars = {
    "CC": "gcc",
    "INCLUDEPY": "/opt/built/include",
    "LIBDIR": "PYTHONS/cpython-3.11.2-linux-x86_64-gnu/lib",
    "PYTHON_BUILD_STANDALONE": 1
}'
stated
