# shellcheck shell=bash
# A cluster of nodes on this machine. Sourced, never run.

here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=deploy/lib.sh
source "$here/../lib.sh"

# shellcheck disable=SC2034 # for those who source this
folder=${BACKPROP_CLUSTER:-$root/deploy/local/cluster}
# shellcheck disable=SC2034 # for open_cluster
speaker=node-1
# shellcheck disable=SC2034
record=nodes # what nodes must not forget: folder N, and N.address

# address_of N: its base port, where it had one.
address_of() { cat "$run/$1.address" 2>/dev/null; }

# start_node N WORKERS MAY WITNESS: with MAY 1 it may coordinate, with 0 it runs workers only. A node keeps its ports. The status page of the
# one that coordinates shows the run.
start_node() {
  local number=$1 name=node-$1 options=()
  options=(--name "$name" --workers "$2" --listen "$(address_of "$number" || echo 127.0.0.1:0)" --data "$run/$number"
    --token-file "$state/token")
  if ! (($3)); then
    options+=(--roles worker)
  elif [[ -n $4 ]]; then
    options+=(--witness "$4")
  fi
  options+=(--http 127.0.0.1:0)
  ((number == 1)) || options+=(--seed "$(address_of 1)")
  start_process "$name" "$bin/backprop" node "${options[@]}"
}

# await_node N: until it is a member.
await_node() {
  local number=$1 name=node-$1 until=$((SECONDS + patience))
  until said "$name" | grep -q "node $name (.*gRPC"; do
    if ! alive "$name"; then
      last_words "$name"
      die "$name did not start; its words are above"
    fi
    ((SECONDS < until)) || die "$name is no member of a cluster after $patience s; see $logs/$name.log, or wait longer with BACKPROP_WAIT"
    sleep 0.1
  done
  said "$name" | grep -oE 'gRPC [^,; ]+' | head -n 1 | cut -d' ' -f2 >"$run/$number.address"
  said "$name" | grep -oE 'status page on [^ ]+' | head -n 1 | grep -oE '127\.0\.0\.1:[0-9]+' >"$state/$name.status"
  ((number > 1)) || cp "$state/$name.status" "$state/status.address"
}

# asked_node: the base port of a node that lives; any of them knows who coordinates.
asked_node() {
  local name
  name=$(living node- | head -n 1)
  name=${name:-node-1}
  address_of "${name#node-}"
}

# ask COMMAND...: of the cluster.
ask() {
  local command=$1
  shift
  "$bin/backprop" "$command" --node "$(asked_node)" --token-file "$state/token" "$@"
}

# stop_all [now]: the first, whose training writes a checkpoint, then the others.
stop_all() {
  local name
  if [[ ${1:-} != now ]]; then
    for name in node-1 $(living node-); do
      signal TERM "$name"
      wait_gone "$patience" "$name" || say "$name is still there after $patience s: killed; the newest checkpoint before counts"
    done
  fi
  mapfile -t left < <(living node-)
  signal KILL "${left[@]}"
  wait_gone 10 "${left[@]}" || die "a node cannot be killed: ${left[*]}; is its disk hanging?"
}
