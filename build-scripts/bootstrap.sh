# Sourced by the entry scripts: makes the virtual environment with the pinned tools of
# requirements.txt, once, and sets VENV and PYTHONPATH.
# shellcheck shell=bash

bootstrap_root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
bootstrap_cache=${CPYTHON_IMMORTAL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cpython-immortal}

trap 'echo "error: interrupted" >&2; exit 130' INT TERM

# bootstrap_reason PATTERN FILE: print the first line that matches, or else the last one.
bootstrap_reason() {
    { grep -E "$1" "$2" || tail -n 1 "$2"; } | head -n 1
}

# bootstrap_apt PACKAGE...: install them, or print the one line that root has to run, for these and
# for all that the build is going to need, and stop.
bootstrap_apt() {
    local apt="apt-get update && apt-get install -y --no-install-recommends" sudo=() log reason
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            apt="$apt $* $(grep -v '^#' "$bootstrap_root/packages.txt" | xargs)"
            echo "error: packages are missing; as root run: $apt" >&2
            exit 1
        fi
        sudo=(sudo -n)
    fi
    echo "installing $*" >&2
    log=$(mktemp)
    if ! "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive sh -c "$apt $*" >"$log" 2>&1; then
        reason=$(bootstrap_reason "^(W: Failed to fetch|E:) " "$log")
        rm "$log"
        echo "error: $* can't be installed: $reason" >&2
        exit 1
    fi
    rm "$log"
}

if ! command -v python3 >/dev/null; then
    bootstrap_apt python3 python3-venv
elif ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    bootstrap_apt python3-venv
fi

# The name holds what the environment is made from, so that a change makes a new one.
bootstrap_hash=$({ python3 -c 'import sys; print(sys.version, sys.executable)'
                   cat "$bootstrap_root/requirements.txt"; } | sha256sum | cut -c1-12)
VENV=$bootstrap_cache/venv-$bootstrap_hash
bootstrap_log=$bootstrap_cache/venv.log
if [ ! -e "$VENV/.complete" ]; then
    echo "making the tools' virtual environment, $VENV: once, a minute or more" >&2
    mkdir -p "$bootstrap_cache"
    # Two that start together wait for each other; one that was interrupted is made anew.
    (
        flock 9
        if [ ! -e "$VENV/.complete" ]; then
            python3 -m venv --clear "$VENV" >"$bootstrap_log" 2>&1 &&
            "$VENV/bin/python" -m pip install -q --disable-pip-version-check \
                -r "$bootstrap_root/requirements.txt" >>"$bootstrap_log" 2>&1 &&
            touch "$VENV/.complete"
        fi
    ) 9>"$bootstrap_cache/venv.lock" || {
        bootstrap_said=$(bootstrap_reason "^ERROR: No " "$bootstrap_log")
        echo "error: the tools of requirements.txt can't be installed: $bootstrap_said;" \
            "full log: $bootstrap_log" >&2
        exit 1
    }
fi
trap - INT TERM
export PYTHONPATH=$bootstrap_root
