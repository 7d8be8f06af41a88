#!/usr/bin/env bash
# tunnel.sh COORDINATOR FILE TARGET SSH...: makes a free port over there, whose number goes to FILE, lead to the coordinator here; again,
# with the same number, whenever the connection breaks. Both ends are on loopback: what passes between the machines is inside ssh.
set -uo pipefail

coordinator=$1 file=$2 target=$3
shift 3
port=0
while :; do
  "$@" -N -o LogLevel=INFO -o ControlPath=none -o ExitOnForwardFailure=yes -o ServerAliveInterval=5 -o ServerAliveCountMax=3 \
    -R "127.0.0.1:$port:$coordinator" "$target" </dev/null 2>&1 \
    | while IFS= read -r line; do
      if [[ $line =~ ^Allocated\ port\ ([0-9]+) ]]; then
        echo "${BASH_REMATCH[1]}" >"$file.new" && mv "$file.new" "$file"
      else
        echo "$line"
      fi
    done
  [[ ! -s $file ]] || port=$(<"$file")
  sleep 1
done
