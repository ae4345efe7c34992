#!/usr/bin/env bash
# Builds target/dist/lockgate as it is shipped: optimized for what a host does while the benchmark calls it
# (https://doc.rust-lang.org/rustc/profile-guided-optimization.html). It takes two builds, about an hour on two cores.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf '%s\n' "$*" >&2; }

triple=$(rustc -vV | sed -n 's/^host: //p')
llvm=$(rustc -vV | sed -nE 's/^LLVM version: ([0-9]+).*/\1/p')
folder=$PWD/target/guided

# Profiles have the format of the compiler's own LLVM.
profdata=$(rustc --print sysroot)/lib/rustlib/$triple/bin/llvm-profdata
[ -x "$profdata" ] || profdata=$(command -v "llvm-profdata-$llvm") || {
  say "error: no llvm-profdata of LLVM $llvm: \`rustup component add llvm-tools\`, or \`apt-get install llvm-$llvm\`"
  exit 1
}

# With a target, so that build scripts and macros have none of these flags.
build() {
  RUSTFLAGS=$* cargo build --profile dist --locked --target "$triple" --bin lockgate
}

# The calls of a part of the benchmark.
train() {
  say "calling: $1"
  target/debug/lockgate-bench "$@" --lockgate "$PWD/tests/bench/instrumented.sh" --rounds 1 --seconds 4 >/dev/null
}

say "building the host with counters"
build "-Cprofile-generate=$folder"
rm -rf "$folder"
mkdir -p "$folder"
cp "target/$triple/dist/lockgate" "$folder/lockgate"

cargo build --locked --bin lockgate-bench
train function --only lockgate --only lockgate-reuse
train http
train grpc
train database
train script --scripts 30
# The last hosts write what they counted when they end.
for _ in $(seq 300); do
  pgrep --full "^$folder/lockgate " >/dev/null || break
  sleep 0.1
done
"$profdata" merge --output "$folder/profile" "$folder"/*.profraw
rm "$folder"/*.profraw

say "building the host with this profile"
# Without a warning for each function that the benchmark has not called.
build "-Cprofile-use=$folder/profile" -Cllvm-args=-pgo-warn-missing-function=false
mkdir -p target/dist
cp "target/$triple/dist/lockgate" target/dist/lockgate
say "built: target/dist/lockgate"
