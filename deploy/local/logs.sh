#!/usr/bin/env bash
# The coordinator's log, or a worker's.
set -euo pipefail
# shellcheck source=deploy/local/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="logs.sh [-f] [--dir DIR] [NUMBER of a worker]"

follow='' name=coordinator
while (($# > 0)); do
  case $1 in
    -f) follow=1; shift ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    -*) usage_error "unknown option '$1'" ;;
    *) name=worker-${1#worker-}; shift ;;
  esac
done

log=$folder/logs/$name.log
[[ -e $log ]] || die "there is no $log; $(cd "$folder/logs" 2>/dev/null && echo "there is: $(ls)" || echo "up.sh starts a cluster")"
if [[ -n $follow ]]; then
  exec tail -n 100 -F "$log"
fi
exec cat "$log"
