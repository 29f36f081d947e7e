#!/bin/sh
# Makes .venv: the locked requirements, checked by hash, and the project itself, editable.
# The stamp is written last, so a .venv without it was interrupted and is made anew. Called by `make setup`.
set -eu
cd "$(dirname "$0")/.."

venv=.venv
stamp=$venv/setup.stamp
lock=requirements/dev.txt

say() { echo "make setup: $*"; }
stop() { say "$*" >&2; exit 1; }

# A command on PATH may still not run (version managers put shims there), so each candidate is tried.
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

if command -v uv >/dev/null 2>&1; then uv=yes; else uv=; fi

# --- Keep a finished .venv that only needs newer packages; remove any other ---------------------------------------
keep=
if [ -f "$stamp" ] && new_enough "$venv/bin/python"; then
    if [ "$uv" ] || "$venv/bin/python" -m pip --version >/dev/null 2>&1; then keep=yes; fi
fi
rm -f "$stamp"

if [ -z "$keep" ]; then
    rm -rf "$venv"
    python=
    lacks_venv=
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        new_enough "$candidate" || continue
        if [ "$uv" ] || has_venv "$candidate"; then
            python=$candidate
            break
        fi
        lacks_venv=${lacks_venv:-$candidate}
    done
    if [ "$uv" ]; then
        say "making $venv with uv"
        uv venv --quiet --python "${python:->=3.11}" "$venv"
    elif [ "$python" ]; then
        say "making $venv with $("$python" -V)"
        "$python" -m venv "$venv"
    elif [ "$lacks_venv" ]; then
        stop "$lacks_venv has no venv module; install it and try again, e.g. apt install $lacks_venv-venv"
    else
        stop "Python 3.11 or newer is needed; install it and try again, e.g. apt install python3 python3-venv"
    fi
fi

# --- Install ------------------------------------------------------------------------------------------------------
say "installing what $lock pins"
if [ "$uv" ]; then
    uv pip sync --quiet --python "$venv/bin/python" --require-hashes "$lock"
    uv pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
else
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes --requirement "$lock"
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
fi

date >"$stamp"
say "done; the command is $venv/bin/recovery"
