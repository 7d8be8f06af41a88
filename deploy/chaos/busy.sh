#!/usr/bin/env bash
# Nodes on a machine that has no time for them: every core trains, and threads beside it do nothing but count. No node may be taken for
# unreachable, none may take over, and no worker is lost.
set -euo pipefail
# shellcheck source=deploy/chaos/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="busy.sh RUN.yaml [--minutes 30] [--nodes 3] [--threads 4] [--dir DIR] [-- more options of 'backprop submit']"

file='' minutes=30 nodes=3 threads=4
while (($# > 0)); do
  case $1 in
    --minutes) number "${2:-}" --minutes; minutes=$2; shift 2 ;;
    --nodes) number "${2:-}" --nodes; nodes=$2; shift 2 ;;
    --threads) number "${2:-}" --threads; threads=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1'" ;;
    *) file=$1; shift ;;
  esac
done
[[ -f $file ]] || usage_error "which run file? It must train for longer than that"
((nodes > 0 && threads > 0)) || usage_error "at least one node and one thread"

cluster_for "$file" "$nodes" "$(nproc)" "$@"
counting=()
for ((thread = 0; thread < threads; thread++)); do
  python3 -c 'while True: pass' 9<&- &
  counting+=($!)
done
trap 'kill "${counting[@]}" 2>/dev/null || true; exec 9<&-; "$chaos/../local/down.sh" --now --dir "$folder" >/dev/null' EXIT
before=$(figure step)
sleep $((minutes * 60))
after=$(figure step)
kill "${counting[@]}"
unreachable=$(cat "$logs"/node-*.log | grep -cE 'cannot be reached|is gone|removed this node' || true)
terms=$(cat "$logs"/node-*.log | grep -c 'coordinates, in term' || true)
lost=$(figure workersLost)
say "$minutes minutes, steps $before to $after: $(counted "$unreachable" time) a node was unreachable or gone, $(counted "$((terms - 1))" time) another took over, $(counted "$lost" worker) lost"
end_cluster
((terms == 1)) || die "a coordinator was taken for dead; see $logs"
((unreachable == 0)) || die "a node was taken for unreachable; see $logs"
