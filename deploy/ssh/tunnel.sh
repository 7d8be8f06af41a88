#!/usr/bin/env bash
# tunnel.sh COORDINATOR FILE TARGET SSH...: makes two free ports over there, whose numbers go to FILE, lead to the coordinator here and to
# its links, two ports above it; again, with the same numbers, whenever the connection breaks. All ends are on loopback: what passes
# between the machines is inside ssh.
set -uo pipefail

coordinator=$1 file=$2 target=$3
links=${coordinator%:*}:$((${coordinator##*:} + 2))
shift 3
port=0 link_port=0
while :; do
  "$@" -N -o LogLevel=INFO -o ControlPath=none -o ExitOnForwardFailure=yes -o ServerAliveInterval=5 -o ServerAliveCountMax=3 \
    -R "127.0.0.1:$port:$coordinator" -R "127.0.0.1:$link_port:$links" "$target" </dev/null 2>&1 \
    | while IFS= read -r line; do
      if [[ $line =~ ^Allocated\ port\ ([0-9]+).*:([0-9]+) ]]; then
        if [[ ${BASH_REMATCH[2]} == "${coordinator##*:}" ]]; then port=${BASH_REMATCH[1]}; else link_port=${BASH_REMATCH[1]}; fi
        ((port == 0 || link_port == 0)) || { echo "$port $link_port" >"$file.new" && mv "$file.new" "$file"; }
      else
        echo "$line"
      fi
    done
  [[ ! -s $file ]] || read -r port link_port <"$file"
  sleep 1
done
