#!/bin/sh
# Installs what reads the OpenAPI documents of groups into target/openapi: linters and generators of clients, in the versions
# that tests/openapi names, so that the tests ask no registry.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kept=$here/../target/openapi
versions=$(cat "$here/openapi/package-lock.json" "$here/openapi/requirements.txt")
if [ "$(cat "$kept/installed" 2>/dev/null)" = "$versions" ]; then exit 0; fi
rm -rf "$kept"
mkdir -p "$kept"
cp "$here/openapi/package.json" "$here/openapi/package-lock.json" "$kept"
npm ci --prefix "$kept" --no-audit --no-fund --ignore-scripts --loglevel=error >&2
python3 -m venv "$kept/python"
"$kept/python/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/openapi/requirements.txt"
printf '%s\n' "$versions" > "$kept/installed"
