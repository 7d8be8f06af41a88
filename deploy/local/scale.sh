#!/usr/bin/env bash
# More workers, or fewer: those that go hand their shards back first.
set -euo pipefail
# shellcheck source=deploy/local/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="scale.sh N [--dir DIR]"

wanted=''
while (($# > 0)); do
  case $1 in
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    -*) usage_error "unknown option '$1'" ;;
    *) number "$1" "scale.sh"; wanted=$1; shift ;;
  esac
done
[[ -n $wanted ]] || usage_error "to how many workers?"
((wanted > 0)) || usage_error "at least one; down.sh ends the cluster"

lock_cluster "$folder"
need_cluster
for name in $(names worker-); do
  alive "$name" || { say "$name had ended (its log: $logs/$name.log)"; forget "$name"; }
done
mapfile -t present < <(living worker-)
if ((${#present[@]} > wanted)); then
  leaving=("${present[@]:wanted}")
  say "draining ${leaving[*]} ..."
  drain "${leaving[@]}"
elif ((${#present[@]} < wanted)); then
  for ((i = ${#present[@]}; i < wanted; i++)); do
    say "starting $(start_worker) ..."
  done
  wait_workers "$wanted" worker- || { say "the run was over before they joined"; conclude; exit 0; }
fi
say "$(counted "$(living worker- | wc -l)" worker)"
