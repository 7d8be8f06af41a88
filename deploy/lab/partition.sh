#!/usr/bin/env bash
# Cuts a worker off for some seconds, or all of them, as if the cable were pulled. Needs root.
set -euo pipefail
# shellcheck source=deploy/lab/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="partition.sh SECONDS [--worker 1|all] [--dir DIR]"

seconds='' worker=1
while (($# > 0)); do
  case $1 in
    --worker) [[ ${2:-} == all ]] || number "${2:-}" --worker; worker=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    -*) usage_error "unknown option '$1'" ;;
    *) number "$1" "partition.sh"; seconds=$1; shift ;;
  esac
done
[[ -n $seconds ]] || usage_error "for how many seconds?"
need_root
open_cluster "$folder"
need_cluster
cables=("$worker") who="worker $worker is"
if [[ $worker == all ]]; then
  mapfile -t cables < <(machines | grep -oE '[1-9][0-9]*$')
  who="all workers are"
fi
[[ -e /run/netns/bp${cables[0]} ]] || die "there is no worker $worker in this lab"

say "$who cut off for $seconds s ($(figure workersPresent) take part, step $(figure step)) ..."
trap 'heal "${cables[@]}"' EXIT
cut_off "${cables[@]}"
sleep "$seconds"
before=$(figure workersPresent)
heal "${cables[@]}"
trap - EXIT
say "healed; $(counted "$before" worker) took part meanwhile, step $(figure step)"
