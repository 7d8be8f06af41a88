#!/usr/bin/env bash
# A run in the lab, to its end, with a worker cut off in the middle; then the same run in one process. Needs root.
set -euo pipefail
# shellcheck source=deploy/lab/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="check.sh RUN.yaml [--workers 2] [--delay 50] [--loss 1] [--cut 5] [--seconds 300] [--dir DIR]
       [-- more options of 'backprop coordinator']"

file='' options=() cut=5 seconds=300
while (($# > 0)); do
  case $1 in
    --workers | --delay | --loss) options+=("$1" "${2:-}"); shift 2 ;;
    --cut) number "${2:-}" --cut; cut=$2; shift 2 ;;
    --seconds) number "${2:-}" --seconds; seconds=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1'" ;;
    *) file=$1; shift ;;
  esac
done
[[ -n $file && -f $file ]] || usage_error "which run file?"
need_root

trap '"$lab/down.sh" --now --dir "$folder" >/dev/null' EXIT
"$lab/up.sh" "$file" "${options[@]}" --dir "$folder" -- --overwrite "$@" | grep -v '^next:'
open_cluster "$folder"
there=$(figure workersPresent)
sleep 3
if ((cut > 0)); then
  "$lab/partition.sh" "$cut" --dir "$folder"
  healed=$SECONDS
  until (($(figure workersPresent || echo 0) >= there)); do
    alive coordinator || die "the run was over before the worker was back; make it longer"
    ((SECONDS - healed < patience)) || die "the worker did not come back within $patience s; see $logs"
    sleep 0.1
  done
  say "it takes part again, $((SECONDS - healed)) s after"
fi
say "going on for $seconds s at most ..."
wait_gone "$seconds" coordinator || say "long enough"
"$lab/down.sh" --dir "$folder"
trap - EXIT
say "computing as many steps in one process ..."
python3 "$lab/../chaos/chaos.py" verdict "$folder" "$bin"
