# shellcheck shell=bash
# A small network inside this machine: a namespace for the coordinator (bp0) and one for each worker (bp1, bp2, ...), and between them a
# wire with delay and loss. The wire is a bridge with 'tc netem' where the kernel has it, else wire.py. Sourced, never run. Needs root.

lab=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=deploy/lib.sh
source "$lab/../lib.sh"
# shellcheck disable=SC2034 # for those who source this
folder=${BACKPROP_CLUSTER:-$root/deploy/lab/cluster}

need_root() {
  ((EUID == 0)) || die "network namespaces need root; try it with sudo"
  if ! command -v ip >/dev/null || ! command -v tc >/dev/null; then
    die "'ip' and 'tc' are missing; install iproute2"
  fi
}

machines() { ip netns list | awk '{print $1}' | grep -xE 'bp[0-9]+|bpswitch' || true; }

has_netem() {
  local answer=0
  tc -n bp0 qdisc add dev lo root netem delay 1ms 2>/dev/null || answer=1
  tc -n bp0 qdisc del dev lo root 2>/dev/null || true
  return "$answer"
}

# network N DELAY LOSS: for N workers; milliseconds each way, percent of the packets.
network() {
  local machine
  for ((machine = 0; machine <= $1; machine++)); do
    ip netns add "bp$machine"
    ip -n "bp$machine" link set lo up
  done
  if has_netem; then
    bridge "$@"
  else
    say "this kernel has no netem: wire.py delays and loses packets instead"
    wire "$@"
  fi
}

bridge() {
  local machine
  echo bridge >"$state/wire"
  ip netns add bpswitch
  ip -n bpswitch link add name bridge0 type bridge
  ip -n bpswitch link set bridge0 up
  for ((machine = 0; machine <= $1; machine++)); do
    ip -n bpswitch link add name "port$machine" type veth peer name wire0 netns "bp$machine"
    ip -n bpswitch link set "port$machine" master bridge0 up
    ip -n "bp$machine" addr add "10.77.0.$((machine + 1))/24" dev wire0
    # Packets as on a wire, not bundles of them: each is lost alone.
    ip -n "bp$machine" link set dev wire0 gso_max_segs 1 up
    tc -n "bp$machine" qdisc add dev wire0 root netem delay "$2ms" loss "$3%" limit 100000
  done
}

wire() {
  local machine until=$((SECONDS + patience))
  command -v python3 >/dev/null || die "wire.py needs python3"
  echo wire >"$state/wire"
  mkdir "$state/cut"
  start_process wire python3 "$lab/wire.py" "$1" "$2" "$3" "$state/cut"
  for ((machine = 0; machine <= $1; machine++)); do
    until ip -n "bp$machine" addr add "10.77.0.$((machine + 1))/24" dev wire0 2>/dev/null; do
      if ((SECONDS >= until)) || ! alive wire; then
        last_words wire
        die "the wire did not start"
      fi
      sleep 0.1
    done
    ip -n "bp$machine" link set dev wire0 txqueuelen 10000 up
  done
}

# cut_off N..., heal N...: the cables of workers.
cut_off() {
  local machine
  for machine in "$@"; do
    if [[ $(<"$state/wire") == bridge ]]; then
      ip -n bpswitch link set "port$machine" down
    else
      touch "$state/cut/$machine"
    fi
  done
}

heal() {
  local machine
  for machine in "$@"; do
    if [[ $(<"$state/wire") == bridge ]]; then
      ip -n bpswitch link set "port$machine" up
    else
      rm -f "$state/cut/$machine"
    fi
  done
}

# no_network: all of it goes, with whatever is still in it.
no_network() {
  local machine
  signal TERM wire
  wait_gone 5 wire || signal KILL wire
  forget wire
  rm -f "$logs/wire.log"
  for machine in $(machines); do ip netns del "$machine"; done
}

# stop_all [now]: all that up.sh made.
stop_all() {
  stop_processes "$@"
  no_network
}

# start_worker: under the smallest number that is free. Says its name.
start_worker() {
  local number=1
  while alive "worker-$number"; do number=$((number + 1)); done
  start_process "worker-$number" ip netns exec "bp$number" "$bin/backprop-worker" --coordinator "$(<"$state/coordinator.address")" \
    --insecure --slots "$(<"$state/slots")" --token-file "$state/token" --cache "$state/cache"
  echo "worker-$number"
}

# stop_processes [now]: the coordinator, then its workers, which leave by themselves once the run has ended.
stop_processes() {
  local left
  stop_coordinator "${1:-}"
  mapfile -t left < <(living worker-)
  if ((${#left[@]} > 0)); then
    if [[ ${1:-} != now ]]; then
      wait_gone 5 "${left[@]}" || signal TERM "${left[@]}"
      wait_gone 10 "${left[@]}" || say "killing what is left"
    fi
    signal KILL "${left[@]}"
    wait_gone 10 "${left[@]}" || die "a worker cannot be killed: ${left[*]}"
  fi
}

# launch N [OPTION...]: coordinator and workers for $file. Undone if it fails.
launch() {
  local wanted=$1 joined=0
  shift
  trap 'stop_all now; tidy' EXIT
  say "starting the coordinator ..."
  start_coordinator "$host" "$file" --insecure "$@"
  say "starting $(counted "$wanted" worker) ..."
  while (($(living worker- | wc -l) < wanted)); do start_worker >/dev/null; done
  wait_workers "$wanted" worker- || joined=$?
  trap - EXIT
  if ((joined == 3)); then
    say "the run is over: it was done before $(counted "$wanted" worker) had joined"
    conclude
    stop_all ""
    tidy ""
    exit 0
  fi
  say "up: $(counted "$(figure workersPresent)" worker), status on http://$(<"$state/status.address")/status"
}
