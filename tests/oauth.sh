#!/bin/sh
# Installs the provider and the browser's driver of the OAuth tests into target/oauth, in the versions that
# tests/oauth/package.json names, so that the tests ask no registry.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kept=$here/../target/oauth
if cmp -s "$here/oauth/package.json" "$kept/installed.json"; then exit 0; fi
rm -rf "$kept"
mkdir -p "$kept"
cp "$here/oauth/package.json" "$kept/package.json"
npm install --prefix "$kept" --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error >&2
cp "$here/oauth/package.json" "$kept/installed.json"
