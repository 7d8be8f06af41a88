#!/usr/bin/env bash
# A cluster on this machine, as a new user has it: up, with a run submitted, scaled to four workers and to one, a killed node, and down,
# and nothing is left of it. Ends with "N passed, N failed". About a minute. Needs the build; no root.
set -euo pipefail
# shellcheck source=deploy/tests/checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

cleanup() {
  deploy/local/down.sh --now --dir "$tmp/local" >/dev/null 2>&1 || true
  deploy/local/down.sh --now --dir "$tmp/three" >/dev/null 2>&1 || true
  rm -rf "$tmp"
}
trap cleanup EXIT

# takes_part N: so many workers take part in the run on this machine.
takes_part() { says_soon "\"workersPresent\": *$1\b" deploy/local/backprop.sh --dir "$there" status --json; }

empty() { local left; left=$(find "$@" -mindepth 1 2>/dev/null) || true; [[ -z $left ]] || { echo "left: $left"; return 1; }; }

holds() { local left; left=$(cd "$1" && echo *); [[ $left == "$2" ]] || { echo "it holds: $left"; return 1; }; }

ports=()
there=$tmp/local
ask=(deploy/local/backprop.sh --dir "$there")
check "a command without a cluster is refused" refuses 'no cluster is up' "${ask[@]}" status
check "up" says 'up: 1 node$' deploy/local/up.sh --workers 2 --dir "$there"
ports+=("$(<"$there/nodes/1.address")" "$(<"$there/state/status.address")")
check "up again says that it is up" says 'already: 1 node$' deploy/local/up.sh --dir "$there"
check "submit" says '^submitted: digits; it is next' "${ask[@]}" submit "${run[@]}" "${options[@]}"
check "submitted once more, it is not twice" says 'submitted before, and not again' "${ask[@]}" submit "${run[@]}" "${options[@]}"
check "another waits in the queue" says '^submitted: digits-2' "${ask[@]}" submit "${run[@]}" "${options[@]}" --set seed=2
check "two take part" takes_part 2
check "scale to four" says '4 workers' "${ask[@]}" scale 4
check "four take part" takes_part 4
check "scale to one" says '1 worker' "${ask[@]}" scale 1
check "one takes part" takes_part 1
check "status says what goes on and what waits" says '^waiting +digits-2' "${ask[@]}" status
check "a node more" says 'up: 2 nodes' deploy/local/up.sh --nodes 2 --workers 1 --dir "$there"
ports+=("$(<"$there/nodes/2.address")")
check "nodes" says_soon '^node-2 .* worker .* up' "${ask[@]}" nodes
check "logs" says 'joined' "${ask[@]}" logs
check "nobody else can read the token" says '^600$' stat -c %a "$there/state/token"
kill -s KILL "$(cut -d' ' -f1 "$there/state/node-1.pid")" || true
check "a killed node is noticed" refuses 'node-1.* has ended.*up.sh starts it again' "${ask[@]}" scale 2
check "up starts it again" says 'up: 2 nodes' deploy/local/up.sh --workers 2 --dir "$there"
check "and it goes on, with one worker as was ordered" takes_part 1
check "down" says '^down; the record is in' deploy/local/down.sh --dir "$there"
check "down again is fine" says '^down' deploy/local/down.sh --dir "$there"
check "no process is left" no_process
check "no port is left" closed "${ports[@]}"
check "no file is left but the record and the logs" holds "$there" "logs nodes"
check "three nodes" says 'up: 3 nodes' deploy/local/up.sh --nodes 3 --workers 0 --dir "$tmp/three"
check "they keep the record" says_soon '3 nodes keep the' cat "$tmp/three/logs/node-1.log"
for node in 1 2 3; do kill -s KILL "$(cut -d' ' -f1 "$tmp/three/state/node-$node.pid")" || true; done
check "all were killed at once, and up starts them" says 'up: 3 nodes' deploy/local/up.sh --workers 0 --dir "$tmp/three"
check "down, and nothing is left" says '^down; nothing is left' deploy/local/down.sh --now --clean --dir "$tmp/three"
check "no temporary file is left" empty "$tmp/tmp"
check "up goes on with what was ordered" says 'up: 2 nodes' deploy/local/up.sh --workers 1 --dir "$there"
check "one takes part" takes_part 1
check "stop" says 'digits stops' "${ask[@]}" stop
check "the next in the queue begins" says_soon '^running +digits-2' "${ask[@]}" status
check "the weights are those of one process" same_weights "$there/nodes/1/runs/digits"
check "a wrong option is refused in words" refuses 'unknown argument' deploy/local/up.sh --nonsense --dir "$there"
check "down --now --clean" says 'nothing is left' deploy/local/down.sh --now --clean --dir "$there"
check "no process is left" no_process
check "nothing is left of it" test ! -e "$there"
sum
