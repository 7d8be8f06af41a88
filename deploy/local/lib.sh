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

# start_node N WORKERS: until it is a member. The first may coordinate, the others run workers only. A node keeps its ports.
start_node() {
  local number=$1 name=node-$1 until options=()
  options=(--name "$name" --workers "$2" --listen "$(address_of "$number" || echo 127.0.0.1:0)" --data "$run/$number"
    --token-file "$state/token")
  if ((number > 1)); then
    options+=(--roles worker --seed "$(address_of 1)")
  else
    options+=(--http 127.0.0.1:0)
  fi
  start_process "$name" "$bin/backprop" node "${options[@]}"
  until=$((SECONDS + patience))
  until said "$name" | grep -q "node $name (.*gRPC"; do
    if ! alive "$name"; then
      last_words "$name"
      die "$name did not start; its words are above"
    fi
    ((SECONDS < until)) || die "$name is no member of a cluster after $patience s; see $logs/$name.log, or wait longer with BACKPROP_WAIT"
    sleep 0.1
  done
  said "$name" | grep -oE 'gRPC [^,; ]+' | head -n 1 | cut -d' ' -f2 >"$run/$number.address"
  ((number > 1)) || said "$name" | grep -oE 'status page on [^ ]+' | head -n 1 | grep -oE '127\.0\.0\.1:[0-9]+' >"$state/status.address"
}

# ask COMMAND...: of the cluster.
ask() {
  local command=$1
  shift
  "$bin/backprop" "$command" --node "$(address_of 1)" --token-file "$state/token" "$@"
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
