#!/bin/sh
# Downloads what the projects of `lockgate new --template` install, into target/languages, so that the test of
# docs/languages.md asks no registry. The versions are those of the templates.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
templates=$here/../host/toolchain/template
kept=$here/../target/languages
versions=$(cat "$templates/componentize-js/package.json.template" "$templates/componentize-py/requirements.txt.template")
if [ "$(cat "$kept/versions" 2>/dev/null)" = "$versions" ]; then exit 0; fi
rm -rf "$kept"
mkdir -p "$kept/project" "$kept/wheels"
sed 's/{{name}}/kept/' "$templates/componentize-js/package.json.template" > "$kept/project/package.json"
npm install --prefix "$kept/project" --cache "$kept/npm" --no-package-lock --no-audit --no-fund --loglevel=error >&2
cp "$templates/componentize-py/requirements.txt.template" "$kept/requirements.txt"
python3 -m venv "$kept/venv"
"$kept/venv/bin/pip" download --quiet --disable-pip-version-check --dest "$kept/wheels" --requirement "$kept/requirements.txt"
rm -rf "$kept/venv" "$kept/project"
printf '%s\n' "$versions" > "$kept/versions"
