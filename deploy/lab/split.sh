#!/usr/bin/env bash
# Five nodes that may coordinate, each on a machine of its own as far as the network goes, with a run. The network is split in ways that put
# the one that coordinates with the minority, with the majority, alone, and where it is heard and hears nothing, or hears and is not heard.
# Each time: who goes on, how soon, and that all are one cluster again when the network is whole. Then the verdict. Needs root.
set -euo pipefail
# shellcheck source=deploy/lab/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=deploy/chaos/lib.sh
source "$lab/../chaos/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="split.sh RUN.yaml [--rounds 1] [--seconds 20] [--delay 5] [--loss 0] [--dir DIR]
       --seconds: so long the network stays split"

file='' rounds=1 lasting=20 delay=5 loss=0 count=5 folder=$lab/cluster
while (($# > 0)); do
  case $1 in
    --rounds) number "${2:-}" --rounds; rounds=$2; shift 2 ;;
    --seconds) number "${2:-}" --seconds; lasting=$2; shift 2 ;;
    --delay) number "${2:-}" --delay; delay=$2; shift 2 ;;
    --loss) [[ ${2:-} =~ ^[0-9]{1,2}(\.[0-9]+)?$ ]] || usage_error "--loss takes percent"; loss=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    -*) usage_error "unknown option '$1'" ;;
    *) file=$1; shift ;;
  esac
done
[[ -n $file && -f $file ]] || usage_error "which run file? It must train for longer than the splits last"
need_root

# into N: what puts a command on the machine of a node.
into() { enter=(ip netns exec "bp$(($1 - 1))"); }

# page N: the node's status page, on its own machine.
page() { into "$1"; cp "$state/node-$1.status" "$state/status.address"; http_get /status; }

# coordinating NODE...: "NODE STEP COMMITTED" of those that coordinate a run.
coordinating() {
  local node text
  for node; do
    text=$(page "$node") || continue
    if grep -qE '"run": *"[^"]+"' <<<"$text" && ! grep -qE '"phase": *"finished"' <<<"$text"; then
      echo "$node $(grep -oE '"step": *[0-9]+' <<<"$text" | head -n 1 | grep -oE '[0-9]+$') \
$(grep -oE '"stepsCommitted": *[0-9]+' <<<"$text" | head -n 1 | grep -oE '[0-9]+$')"
    fi
  done
}

# asked NODE COMMAND...: of a node, on its machine.
asked() {
  local node=$1 command=$2
  shift 2
  into "$node"
  "${enter[@]}" timeout 20 "$bin/backprop" "$command" --node "10.77.0.$node:7400" --token-file "$state/token" "$@" 9<&-
}

# lose FROM TO: what one node sends to another is lost. deliver FROM TO: it arrives again.
lose() { touch "$state/cut/$(($1 - 1))-$(($2 - 1))"; }
deliver() { rm -f "$state/cut/$(($1 - 1))-$(($2 - 1))"; }

start_lab_node() {
  local number=$1 options=(--name "node-$1" --workers 1 --listen "10.77.0.$1:7400" --http 127.0.0.1:0 --data "$run/$1"
    --token-file "$state/token" --insecure) until=$((SECONDS + patience))
  ((number == 1)) || options+=(--seed 10.77.0.1:7400)
  into "$number"
  start_process "node-$number" "${enter[@]}" "$bin/backprop" node "${options[@]}"
  until said "node-$number" | grep -q "node node-$number (.*gRPC"; do
    alive "node-$number" || { last_words "node-$number"; die "node-$number did not start"; }
    ((SECONDS < until)) || die "node-$number is no member after $patience s; see $logs"
    sleep 0.1
  done
  said "node-$number" | grep -oE 'status page on [^ ]+' | head -n 1 | grep -oE '127\.0\.0\.1:[0-9]+' >"$state/node-$number.status"
}

all_down() {
  mapfile -t left < <(living node-)
  signal KILL "${left[@]}"
  wait_gone 10 "${left[@]}" || true
  no_network
  rm -rf "$state"
}

# soon SECONDS WHAT COMMAND...: waits for it, and says in tenths of a second how long that took, in $took.
soon() {
  local begun=${EPOCHREALTIME/[.,]/} limit=$1 what=$2
  shift 2
  until "$@"; do
    ((${EPOCHREALTIME/[.,]/} - begun < limit * 1000000)) || die "$what: not within $limit s; see $logs"
    sleep 0.1
  done
  took=$(((${EPOCHREALTIME/[.,]/} - begun) / 100000))
}

seconds() { echo "$(($1 / 10)).$(($1 % 10)) s"; }

# goes_on LAST NODE...: one of these coordinates, and has committed a step that was never committed before.
goes_on() {
  local last=$1 found
  shift
  found=$(coordinating "$@" | head -n 1)
  [[ -n $found ]] || return 1
  read -r next step committed <<<"$found"
  ((committed > 0 && step > last))
}

# whole: all nodes are members, and one of them coordinates.
whole() {
  local found listed
  found=$(coordinating "${all[@]}")
  (($(wc -l <<<"$found") == 1)) && [[ -n $found ]] || return 1
  read -r next step committed <<<"$found"
  listed=$(asked "$next" nodes 2>/dev/null) || return 1
  (($(grep -cE '^node-[0-9].* up ' <<<"$listed") == count)) && (($(grep -c '(coordinates)' <<<"$listed") == 1))
}

# split KIND: cuts, waits, heals.
split() {
  local kind=$1 from to others=() with=() side=() cuts=() cut
  soon 60 "one node coordinates" goes_on 0 "${all[@]}"
  local coordinator=$next last=$step
  for to in "${all[@]}"; do ((to == coordinator)) || others+=("$to"); done
  case $kind in
    minority) with=("$coordinator" "${others[0]}") side=("${others[@]:1}") ;;
    majority) with=("${others[@]:2}") side=("$coordinator" "${others[@]:0:2}") ;;
    *) with=("$coordinator") side=("${others[@]}") ;;
  esac
  for from in "${with[@]}"; do
    for to in "${side[@]}"; do
      [[ $kind == deaf ]] || cuts+=("$from $to")
      [[ $kind == mute ]] || cuts+=("$to $from")
    done
  done
  for cut in "${cuts[@]}"; do
    # shellcheck disable=SC2086 # two numbers
    lose $cut
  done
  local begun=$SECONDS
  soon 60 "$kind: nobody goes on" goes_on "$last" "${side[@]}"
  local after=$took leader=$next
  while ((SECONDS - begun < lasting)); do sleep 0.2; done
  for cut in "${cuts[@]}"; do
    # shellcheck disable=SC2086
    deliver $cut
  done
  soon 90 "$kind: all are one cluster again" whole
  say "$kind: node-$coordinator coordinated at step $last; node-$leader committed a new step $(seconds "$after") after the cut; all were one \
cluster $(seconds "$took") after it was healed, node-$next coordinates"
}

[[ -z $(machines) ]] || die "a lab is there already (namespaces $(machines | tr '\n' ' ')); down.sh removes it"
rm -rf "$folder/nodes" "$folder/logs"
mkdir -p "$folder"
record=nodes
lock_cluster "$folder"
need_binaries
begin
mkdir -p "$run"
trap all_down EXIT
for node in $(seq 0 $((count - 1))); do
  ip netns add "bp$node"
  ip -n "bp$node" link set lo up
done
wire $((count - 1)) "$delay" "$loss" # it can lose what goes one way
mapfile -t all < <(seq "$count")
for node in "${all[@]}"; do start_lab_node "$node"; done
say "up: $count nodes, $delay ms each way, $loss % loss"
id=$(asked 1 submit "$file" --json | grep -oE '"run": *"[^"]+"' | cut -d'"' -f4)
soon 60 "the nodes keep the record" grep -q "5 nodes keep the cluster's record" "$logs/node-1.log"
for ((round = 0; round < rounds; round++)); do
  for kind in minority majority alone deaf mute; do split "$kind"; done
done
asked "$next" stop
same() { (($(sha256sum "$run"/*/record/entries.jsonl | cut -d' ' -f1 | sort -u | wc -l) == 1)); }
soon 60 "all have the end of the run" same
all_down
trap - EXIT
say "computing as many steps undisturbed, in one process ..."
python3 "$chaos/chaos.py" verdict "$bin" "$run"/*/runs/"$id"
