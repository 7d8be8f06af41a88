#!/usr/bin/env bash
# A worker joins or leaves every second.
set -euo pipefail
# shellcheck source=deploy/chaos/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="churn.sh RUN.yaml [--seconds 120] [--most 5] [--dir DIR] [-- more options of 'backprop coordinator']"

file='' seconds=120 most=5
while (($# > 0)); do
  case $1 in
    --seconds) number "${2:-}" --seconds; seconds=$2; shift 2 ;;
    --most) number "${2:-}" --most; most=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1'" ;;
    *) file=$1; shift ;;
  esac
done
[[ -f $file ]] || usage_error "which run file? It must train for longer than the coming and going takes"
((most > 1)) || usage_error "at least two workers at the most"

cluster_for "$file" 2 "$@"
lock_cluster "$folder"
joins=0 leaves=0
for ((second = 1; second <= seconds; second++)); do
  alive coordinator || { run_is_over && say "the run was over after $second s"; break; }
  mapfile -t present < <(living worker-)
  count=${#present[@]}
  # Who leaves may need longer than a second for it; who joins, too.
  if ((count <= 1 || (count < most && RANDOM % 2 == 0))); then
    start_worker >/dev/null
    joins=$((joins + 1))
  else
    signal TERM "${present[RANDOM % count]}"
    leaves=$((leaves + 1))
  fi
  sleep 1
done
say "$(counted "$joins" join), $(counted "$leaves" leave);" \
  "now $(counted "$(figure workersPresent || echo 0)" worker), at step $(figure step || echo '?')"
end_cluster
verdict
