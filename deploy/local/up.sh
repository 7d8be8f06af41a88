#!/usr/bin/env bash
# Starts nodes on this machine, or those that are missing; they go on with what was ordered before.
set -euo pipefail
# shellcheck source=deploy/local/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="up.sh [--nodes 1] [--workers N|auto] [--dir DIR]     --workers: of each node; auto: its cores"

nodes='' workers=auto
while (($# > 0)); do
  case $1 in
    --nodes) number "${2:-}" --nodes; nodes=$2; shift 2 ;;
    --workers) [[ ${2:-} == auto ]] || number "${2:-}" --workers; workers=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --help | -h) say "usage: $usage"; exit ;;
    *) usage_error "unknown argument '$1'" ;;
  esac
done
[[ -z $nodes ]] || ((nodes > 0)) || usage_error "at least one node"

mkdir -p "$folder"
lock_cluster "$folder"
need_binaries
begin
mkdir -p "$run"
# As many as there were, unless somebody says otherwise.
nodes=${nodes:-$(find "$run" -maxdepth 1 -name '*.address' | grep -c . || true)}
((nodes > 0)) || nodes=1
started=()
undo() { signal KILL "${started[@]}"; wait_gone 10 "${started[@]}"; forget "${started[@]}"; [[ -n $(living node-) ]] || tidy; }
trap undo EXIT
for ((number = 1; number <= nodes; number++)); do
  ! alive "node-$number" || continue
  say "starting node-$number ..."
  started+=("node-$number")
  start_node "$number" "$workers"
done
trap - EXIT

if ((${#started[@]} > 0)); then
  say "up: $(counted "$(living node- | wc -l)" node)"
else
  say "it is up already: $(counted "$(living node- | wc -l)" node)"
  [[ $workers == auto ]] || say "its nodes keep their numbers of workers; $here/backprop.sh scale N changes how many run in all"
fi
suffix=''
[[ $dir == "$root/deploy/local/cluster" ]] || suffix=" --dir $(words "$dir")"
say "next:  $here/backprop.sh$suffix submit examples/digits.yaml    $here/backprop.sh$suffix status    $here/down.sh$suffix"
