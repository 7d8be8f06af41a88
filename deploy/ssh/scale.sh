#!/usr/bin/env bash
# More slots, or fewer: hosts are filled in the file's order; a worker that goes hands its shards back first.
set -euo pipefail
# shellcheck source=deploy/ssh/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="scale.sh SLOTS [--dir DIR]"

wanted=''
while (($# > 0)); do
  case $1 in
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    -*) usage_error "unknown option '$1'" ;;
    *) number "$1" "scale.sh"; wanted=$1; shift ;;
  esac
done
[[ -n $wanted ]] || usage_error "to how many slots in all?"
((wanted > 0)) || usage_error "at least one; down.sh ends the cluster"

lock_cluster "$folder"
need_cluster
((wanted <= $(total_slots))) || die "the hosts have $(counted "$(total_slots)" slot) in all; for more: down.sh, another file, up.sh"
over=0
rescale "$wanted" || over=$?
case $over in
  0) ;;
  3) say "the run was over before they joined"; conclude; exit 0 ;;
  *) exit 1 ;;
esac
say "$(counted "$wanted" slot) on $(counted "$(running_hosts | wc -l)" host):"
describe
