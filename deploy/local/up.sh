#!/usr/bin/env bash
# Starts a coordinator and its workers on this machine.
set -euo pipefail
# shellcheck source=deploy/local/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="up.sh RUN.yaml --workers N [--slots S] [--dir DIR] [-- more options of 'backprop coordinator']"

file='' workers='' slots=1
while (($# > 0)); do
  case $1 in
    --workers) number "${2:-}" --workers; workers=$2; shift 2 ;;
    --slots) number "${2:-}" --slots; slots=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1' (options for the coordinator come after --)" ;;
    *) [[ -z $file ]] || usage_error "one run file, not '$file' and '$1'"; file=$1; shift ;;
  esac
done
[[ -n $file ]] || usage_error "which run file?"
[[ -f $file ]] || usage_error "there is no run file '$file'"
[[ -n $workers ]] || usage_error "how many workers?"
((workers > 0 && slots > 0)) || usage_error "at least one worker, with at least one slot"

mkdir -p "$folder"
lock_cluster "$folder"
if alive coordinator; then
  say "it is up already, with $(counted "$(figure workersPresent || echo 0)" worker): http://$(<"$state/status.address")/status"
  say "scale.sh changes how many; down.sh ends it"
  exit 0
fi
need_binaries
begin
echo "$slots" >"$state/slots"
# shellcheck disable=SC2034 # for launch
host=127.0.0.1
launch "$workers" "$@"

suffix=''
[[ $dir == "$root/deploy/local/cluster" ]] || suffix=" --dir $(words "$dir")"
say "next:  $here/status.sh$suffix    $here/logs.sh$suffix -f    $here/scale.sh$suffix $((workers + 1))    $here/down.sh$suffix"
