#!/usr/bin/env bash
# Kills or stops the node that coordinates, again and again: another goes on, with the same weights.
set -euo pipefail
# shellcheck source=deploy/chaos/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="kill-coordinator.sh RUN.yaml [--kills 10] [--points | --stop | --all | --flap] [--witness] [--workers 1] [--dir DIR] [-- options of 'backprop submit']
       --points: at each named point of a commit and of a checkpoint, once; --stop: it is stopped for 2 to 120 s instead; --all: all nodes are killed at once, and started again;
       --flap: meanwhile another node crashes and restarts every two seconds; --witness: two nodes and a folder, instead of three nodes"

file='' kills=10 workers=1 mode=kills nodes=3
while (($# > 0)); do
  case $1 in
    --kills) number "${2:-}" --kills; kills=$2; shift 2 ;;
    --workers) number "${2:-}" --workers; workers=$2; shift 2 ;;
    --points) mode=points kills=1; shift ;;
    --stop) mode=stops; shift ;;
    --all) mode=all; shift ;;
    --witness) more=(--witness); shift ;;
    --flap) mode=flapping nodes=4; shift ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1'" ;;
    *) file=$1; shift ;;
  esac
done
[[ -f $file ]] || usage_error "which run file? It must train for longer than the kills take, about 20 seconds each"

((${#more[@]} == 0)) || nodes=$((nodes - 1))
coordinators=$((${#more[@]} == 0 ? 3 : 2))
cluster_for "$file" "$nodes" "$workers" "$@"
echo "$coordinators" >"$state/coordinators"
echo "$workers" >"$state/workers"
exec 9<&- # the nodes are started again by up.sh, which locks
met=0
case $mode in
  kills | points | all) python3 "$chaos/takeover.py" "$mode" "$folder" "$kills" || met=1 ;;
  stops) python3 "$chaos/takeover.py" stops "$folder" "$kills" 2 120 || met=1 ;;
  flapping) python3 "$chaos/takeover.py" flapping "$folder" "$kills" "$nodes" || met=1 ;;
esac
lock_cluster "$folder"
end_cluster
verdict
exit "$met"
