#!/usr/bin/env bash
# A run in the lab, to its end, with a worker cut off in the middle; then the same run in one process. Needs root.
set -euo pipefail
# shellcheck source=deploy/lab/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="check.sh RUN.yaml [--workers 2] [--delay 50] [--loss 1] [--cut 5] [--worker 1|all] [--seconds 300]
       [--dir DIR] [-- more options of 'backprop coordinator']"

file='' options=() cut=5 worker=1 seconds=300
while (($# > 0)); do
  case $1 in
    --workers | --delay | --loss) options+=("$1" "${2:-}"); shift 2 ;;
    --cut) number "${2:-}" --cut; cut=$2; shift 2 ;;
    --worker) [[ ${2:-} == all ]] || number "${2:-}" --worker; worker=$2; shift 2 ;;
    --seconds) number "${2:-}" --seconds; seconds=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1'" ;;
    *) file=$1; shift ;;
  esac
done
[[ -n $file && -f $file ]] || usage_error "which run file?"
need_root

# now: in tenths of a second.
now() { echo "$((${EPOCHREALTIME/[.,]/} / 100000))"; }

trap '"$lab/down.sh" --now --dir "$folder" >/dev/null' EXIT
"$lab/up.sh" "$file" "${options[@]}" --dir "$folder" -- --overwrite "$@" | grep -v '^next:'
open_cluster "$folder"
there=$(figure workersPresent)
sleep 3
if ((cut > 0)); then
  "$lab/partition.sh" "$cut" --worker "$worker" --dir "$folder"
  healed=$(now)
  until (($(figure workersPresent || echo 0) >= there)); do
    alive coordinator || die "the run was over before all took part again; make it longer"
    (($(now) - healed < patience * 10)) || die "not all took part again within $patience s; see $logs"
    sleep 0.1
  done
  waited=$(($(now) - healed))
  say "all take part again, $((waited / 10)).$((waited % 10)) s after"
fi
say "going on for $seconds s at most ..."
wait_gone "$seconds" coordinator || say "long enough"
"$lab/down.sh" --dir "$folder"
trap - EXIT
say "computing as many steps in one process ..."
python3 "$lab/../chaos/chaos.py" verdict "$bin" "$folder/run"
