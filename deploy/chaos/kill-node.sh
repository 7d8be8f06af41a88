#!/usr/bin/env bash
# Kills a node that runs workers, again and again, and starts it again: its workers end with it, and come back once.
set -euo pipefail
# shellcheck source=deploy/chaos/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="kill-node.sh RUN.yaml [--kills 10] [--workers 2] [--coordinator] [--dir DIR] [-- more options of 'backprop submit']
       --coordinator: the node that coordinates, not the other one"

file='' kills=10 workers=2 node=2
while (($# > 0)); do
  case $1 in
    --kills) number "${2:-}" --kills; kills=$2; shift 2 ;;
    --workers) number "${2:-}" --workers; workers=$2; shift 2 ;;
    --coordinator) node=1; shift ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1'" ;;
    *) file=$1; shift ;;
  esac
done
[[ -f $file ]] || usage_error "which run file? It must train for longer than the kills take, about ten seconds each"
((workers > 0)) || usage_error "at least one worker"

cluster_for "$file" 2 "$workers" "$@"
for ((kill = 1; kill <= kills; kill++)); do
  mapfile -t ended < <(workers_of "$node")
  signal KILL "node-$node"
  until=$((SECONDS + 10))
  while kill -0 "${ended[@]}" 2>/dev/null; do
    ((SECONDS < until)) || die "a worker of node-$node outlived it by 10 s"
    sleep 0.1
  done
  exec 9<&-
  "$chaos/../local/up.sh" --workers "$workers" --dir "$folder" >/dev/null
  lock_cluster "$folder"
  wait_present "$((2 * workers))"
  present=$(figure workersPresent)
  ((present == 2 * workers)) || die "$present workers take part, not $((2 * workers))"
  say "kill $kill: node-$node and its workers were gone and are back, at step $(figure step)"
done
end_cluster
verdict
