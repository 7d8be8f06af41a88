#!/usr/bin/env bash
# Kills random workers, again and again; says how long each kill held the training up, and when its node had another at work.
set -euo pipefail
# shellcheck source=deploy/chaos/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="kill-workers.sh RUN.yaml [--workers 3] [--kills 50] [--dir DIR] [-- more options of 'backprop submit']"

file='' workers=3 kills=50
while (($# > 0)); do
  case $1 in
    --workers) number "${2:-}" --workers; workers=$2; shift 2 ;;
    --kills) number "${2:-}" --kills; kills=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1'" ;;
    *) file=$1; shift ;;
  esac
done
[[ -f $file ]] || usage_error "which run file? It must train for longer than the kills take, about four seconds each"
((workers > 1)) || usage_error "at least two workers, so that one is left"

cluster_for "$file" 1 "$workers" "$@"
met=0
python3 "$chaos/chaos.py" kills "$folder" "$kills" "$workers" || met=1
end_cluster
python3 "$chaos/chaos.py" times "$folder" || met=1
verdict
exit "$met"
