#!/bin/sh
# Downloads what proves scripts, into target/scripts: TypeScript's compiler, esbuild, and packages whose TypeScript files are
# stripped of their types by ts-blank-space and by us; what TypeScript says of types; and what Temporal and Luxon say about dates.
# So that tests ask no registry; with the same versions it does nothing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kept=$here/../target/scripts
mkdir -p "$here/../target"
# Tests that need it run side by side.
exec 9> "$here/../target/scripts.lock"
flock 9
versions="typescript@5.9.3 esbuild@0.25.12 ts-blank-space@0.9.0 rxjs@7.8.2 zod@4.6.7 @tanstack/query-core@5.108.4 viem@2.57.20 nanoid@5.1.12 temporal-polyfill@1.0.8 luxon@3.7.2"
wanted="$versions $(cat "$here/scripts/oracle.mjs" "$here/scripts/dates.mjs" "$here/scripts/types.mjs" "$here/scripts/types.json" | cksum)"
if [ "$(cat "$kept/versions" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
rm -rf "$kept"
mkdir -p "$kept"
printf '{"name": "kept", "private": true}\n' > "$kept/package.json"
# shellcheck disable=SC2086 # a list of packages
npm install --prefix "$kept" --no-package-lock --no-audit --no-fund --loglevel=error --save-exact $versions >&2
cp "$here/scripts/oracle.mjs" "$here/scripts/dates.mjs" "$here/scripts/types.mjs" "$kept/"
node "$kept/oracle.mjs" "$kept" "$kept/oracle.jsonl"
node "$kept/dates.mjs" "$kept/dates.jsonl"
node "$kept/types.mjs" "$here/scripts/types.json" "$kept/types.jsonl"
printf '%s\n' "$wanted" > "$kept/versions"
