#!/usr/bin/env bash
# Each second a worker is killed, each fifth second the cluster is scaled; the nodes stay up.
set -euo pipefail
# shellcheck source=deploy/chaos/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="churn.sh RUN.yaml [--seconds 120] [--nodes 2] [--most 6] [--dir DIR] [-- more options of 'backprop submit']"

file='' seconds=120 nodes=2 most=6
while (($# > 0)); do
  case $1 in
    --seconds) number "${2:-}" --seconds; seconds=$2; shift 2 ;;
    --nodes) number "${2:-}" --nodes; nodes=$2; shift 2 ;;
    --most) number "${2:-}" --most; most=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1'" ;;
    *) file=$1; shift ;;
  esac
done
[[ -f $file ]] || usage_error "which run file? It must train for longer than the kills take"
((nodes > 0 && most > 0)) || usage_error "at least one node and one worker"

cluster_for "$file" "$nodes" 1 "$@"
met=0
python3 "$chaos/chaos.py" churn "$folder" "$seconds" "$most" "$bin" || met=1
end_cluster
verdict
exit "$met"
