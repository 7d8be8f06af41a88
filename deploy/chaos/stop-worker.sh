#!/usr/bin/env bash
# Stops a worker (SIGSTOP) for a while: it is silent, not gone.
set -euo pipefail
# shellcheck source=deploy/chaos/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="stop-worker.sh RUN.yaml [--workers 3] [--seconds 10] [--limit 3] [--dir DIR] [-- more options of 'backprop submit']"

file='' workers=3 seconds=10 limit=3
while (($# > 0)); do
  case $1 in
    --workers) number "${2:-}" --workers; workers=$2; shift 2 ;;
    --seconds) number "${2:-}" --seconds; seconds=$2; shift 2 ;;
    --limit) number "${2:-}" --limit; limit=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1'" ;;
    *) file=$1; shift ;;
  esac
done
[[ -f $file ]] || usage_error "which run file? It must train for longer than the worker is stopped"
((workers > 1)) || usage_error "at least two workers, so that one is left"

cluster_for "$file" 1 "$workers" "$@"
sleep 2
python3 "$chaos/chaos.py" stop "$folder" "$seconds"
end_cluster
met=0
python3 "$chaos/chaos.py" pauses "$folder" "$limit" || met=1
verdict
exit "$met"
