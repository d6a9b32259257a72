# Helpers of the scripts here: a folder that goes away, pinned packages, and comparisons. Sourced.
# shellcheck shell=bash

set -euo pipefail
unset PYTHONPATH PYTHONHOME PYTHONHASHSEED PYTHONSTARTUP PYTHON_JIT LD_LIBRARY_PATH
export PYTHONWARNINGS=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
PYTHON=${PYTHON:-python3}
name=$(basename "$0" .sh)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Say in one line why the script can't run here; 2, because nothing is known about the behaviour.
unable() {
    printf '%s: %s\n' "$name" "$*" >&2
    exit 2
}

# takes VERSION...: $PYTHON has to be one of these versions, such as 3.14 or 3.14.10.
takes() {
    local has
    has=$("$PYTHON" -c 'import platform; print(platform.python_implementation(),
        platform.python_version())' 2>/dev/null) || unable "there is no interpreter at '$PYTHON'"
    for version in "$@"; do
        if [[ $has == "CPython $version" || $has == "CPython $version".* ]]; then
            printf '%s with %s\n' "$name" "$has"
            return
        fi
    done
    unable "takes CPython $* in the variable PYTHON, '$PYTHON' is $has"
}

# packages [NAME==VERSION...]: a virtual environment with these; its interpreter becomes $python.
packages() {
    "$PYTHON" -m venv "$work/venv" || unable "'$PYTHON' makes no virtual environments"
    python=$work/venv/bin/python
    [ $# -eq 0 ] || "$python" -m pip install --quiet "$@" 2>"$work/pip" ||
        unable "can't install $*: $(tail -n 1 "$work/pip")"
}

# debian NAME=VERSION...: the files of these packages of Debian, under $work/root.
debian() {
    command -v apt-get >/dev/null || unable "takes Debian, for its packages"
    (cd "$work" && apt-get download --quiet "$@" >/dev/null 2>apt) ||
        unable "can't download $*: $(tail -n 1 "$work/apt")"
    for archive in "$work"/*.deb; do dpkg -x "$archive" "$work/root"; done
}

# expect WHAT STATED: standard input has to be the text STATED.
expect() {
    local seen
    seen=$(cat)
    if [[ $seen != "$2" ]]; then
        printf '%s: %s has changed\n--- stated\n%s\n--- seen\n%s\n' "$name" "$1" "$2" "$seen" >&2
        exit 1
    fi
    printf '%s:\n%s\n' "$1" "$seen"
}

# child: a module $work/child.py, whose copied(CALL) is how many MB of the parent's memory a forked child copies as it
# makes the call, and own(CALL) how many it then has for itself, whatever it copied or allocated.
child() {
    cat >"$work/child.py" <<'EOF'
import gc, os

def figures():
    with open("/proc/self/smaps_rollup") as rollup:
        rows = [line.split() for line in rollup][1:]
    return {row[0]: int(row[1]) / 1000 for row in rows}

def measured(call):
    read, write = os.pipe()
    if os.fork() == 0:
        gc.disable()
        before = figures()
        call()
        after = figures()
        os.write(write, repr((before["Shared_Dirty:"] - after["Shared_Dirty:"],
                              after["Private_Dirty:"] - before["Private_Dirty:"])).encode())
        os._exit(0)
    os.close(write)
    with open(read) as pipe:
        said = pipe.read()
    os.wait()
    return eval(said)

def copied(call):
    return measured(call)[0]

def own(call):
    return measured(call)[1]
EOF
}

stated() { echo 'as stated'; }
