#!/bin/sh
# The host that counts what it does. A program writes its counts when it ends by itself, and the benchmark kills what it has
# started: the host is a child, which is asked to end when this shell is gone.
folder=$(cd "$(dirname "$0")/../../target/guided" && pwd)
export LLVM_PROFILE_FILE="$folder/%p.profraw"
setpriv --pdeathsig TERM "$folder/lockgate" "$@" &
host=$!
# Some hosts are asked by the benchmark itself.
trap 'kill "$host"' TERM
while kill -0 "$host" 2>/dev/null; do
  wait "$host"
  status=$?
done
exit "$status"
