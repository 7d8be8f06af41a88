#!/usr/bin/env bash
# Starts nodes on this machine, or those that are missing; they go on with what was ordered before.
set -euo pipefail
# shellcheck source=deploy/local/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="up.sh [--nodes 1] [--workers N|auto] [--coordinators N] [--witness] [--dir DIR]
       --workers: of each node; auto: its cores
       --coordinators: so many nodes may coordinate; with three, one takes over when another dies. 3 where there are as many, else 1
       --witness: two nodes may coordinate, and a folder that they share is the third that decides"

nodes='' workers=auto coordinators='' witness=''
while (($# > 0)); do
  case $1 in
    --nodes) number "${2:-}" --nodes; nodes=$2; shift 2 ;;
    --workers) [[ ${2:-} == auto ]] || number "${2:-}" --workers; workers=$2; shift 2 ;;
    --coordinators) number "${2:-}" --coordinators; coordinators=$2; shift 2 ;;
    --witness) witness=1; shift ;;
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
[[ -z $witness ]] || mkdir -p "$run/witness"
if [[ -d $run/witness ]]; then
  [[ -n $coordinators ]] || coordinators=2
  witness=$run/witness
fi
[[ -n $coordinators ]] || coordinators=$((nodes >= 3 ? 3 : 1))
((coordinators > 0)) || usage_error "at least one coordinator"
started=()
undo() { signal KILL "${started[@]}"; wait_gone 10 "${started[@]}"; forget "${started[@]}"; [[ -n $(living node-) ]] || tidy; }
trap undo EXIT
start() {
  say "starting node-$1 ..."
  started+=("node-$1")
  start_node "$1" "$workers" "$(($1 <= coordinators))" "$witness"
}
# Those that were members before are started all at once: it may take a majority of them to go on. The others join one that is there.
for ((number = 1; number <= nodes; number++)); do
  [[ ! -e $run/$number.address ]] || alive "node-$number" || start "$number"
done
mapfile -t before < <(printf '%s\n' "${started[@]}" | grep -oE '[0-9]+$')
for number in "${before[@]}"; do await_node "$number"; done
for ((number = 1; number <= nodes; number++)); do
  alive "node-$number" && continue
  start "$number"
  await_node "$number"
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
