#!/usr/bin/env bash
# The coordinator's log, or that of the worker on a host.
set -euo pipefail
# shellcheck source=deploy/ssh/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="logs.sh [-f] [--dir DIR] [NUMBER of a host]"

follow='' number=''
while (($# > 0)); do
  case $1 in
    -f) follow=1; shift ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    -*) usage_error "unknown option '$1'" ;;
    *) number "$1" "logs.sh"; number=$1; shift ;;
  esac
done

open_cluster "$folder"
if [[ -n $number && -e $state/hosts ]]; then
  remote "$number" "tail -n +1 ${follow:+-F} $(place "$number")/worker.log"
  exit
fi
log=$logs/${number:+host-$number}
[[ -n $number ]] || log=${log}coordinator
log=$log.log
[[ -e $log ]] || die "there is no $log"
if [[ -n $follow ]]; then
  exec tail -n 100 -F "$log"
fi
exec cat "$log"
