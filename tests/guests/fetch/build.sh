#!/bin/sh
# Builds the component: build.sh [FILE]. What npm installs stays below target/.
# preview2-shim is listed because componentize-js imports it without declaring it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
wit=$here/../../../wit
component=${1:-$here/../target/lockgate/fetch.wasm}
work=$here/../target/fetch

if [ -f "$component" ] && [ -z "$(find "$here" "$wit" -type f -newer "$component")" ]; then
    echo "  nothing changed since it was built" >&2
    exit 0
fi

command -v npm >/dev/null || { echo "npm is missing: apt-get install nodejs npm" >&2; exit 1; }
mkdir -p "$work" "$(dirname "$component")"
cp "$here/package.json" "$here/connector.js" "$work"
cd "$work"
npm install --no-package-lock --no-audit --no-fund --loglevel=error
# `fetch` comes with `http`; `fetch-event` would export a handler of requests, which a connector is not.
node_modules/.bin/componentize-js connector.js --wit "$wit/worlds" --world-name http-connector \
    --disable fetch-event --out "$component.new"
mv "$component.new" "$component"
