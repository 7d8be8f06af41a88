# shellcheck shell=bash
# A cluster of processes on this machine. Sourced, never run.

here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=deploy/lib.sh
source "$here/../lib.sh"

# shellcheck disable=SC2034 # for those who source this
folder=${BACKPROP_CLUSTER:-$root/deploy/local/cluster}

# start_worker: under the smallest number that is free. Says its name.
start_worker() {
  local number=1 place=()
  while alive "worker-$number"; do number=$((number + 1)); done
  # In a lab each worker has a machine of its own.
  if [[ -r $state/enter ]]; then
    place=(ip netns exec "bp$number")
  fi
  start_process "worker-$number" "${place[@]}" "$bin/backprop-worker" --coordinator "$(<"$state/coordinator.address")" \
    --slots "$(<"$state/slots")" --token-file "$state/token" --cache "$state/cache"
  echo "worker-$number"
}

# drain NAME...: they hand their shards back and leave.
drain() {
  signal TERM "$@"
  wait_gone "$patience" "$@" || {
    say "still there after $patience s, so killed; their shards go to others"
    signal KILL "$@"
    wait_gone 10 "$@" || die "a worker cannot be killed: $*"
  }
  forget "$@"
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

# stop_all [now]: all that up.sh made.
stop_all() { stop_processes "$@"; }

# describe: which process each worker is; the coordinator calls it so.
describe() {
  local name
  for name in $(living worker-); do say "  $name is process $(pid_of "$name")"; done
}

# launch N [OPTION...]: coordinator and workers for $file, or what is missing of them. Undone if it fails.
launch() {
  local wanted=$1 joined=0
  shift
  trap 'stop_all now; tidy' EXIT
  if [[ -n $(living worker-) && " $* " != *" --resume "* && " $* " != *" --overwrite "* ]]; then
    say "the coordinator is gone, and its workers wait for it: it goes on from the newest checkpoint"
    # As it was started before, unless something else is said now.
    if (($# == 0)); then
      local options
      mapfile -d '' -t options <"$state/options"
      resumed "${options[@]}"
      set -- "${again[@]}"
    fi
    [[ " $* " == *" --resume "* ]] || set -- "$@" --resume
  else
    printf '%s\0' "$@" >"$state/options"
    (($# > 0)) || : >"$state/options"
  fi
  resumed "$@"
  words "$(realpath "$here/up.sh")" "$(realpath "$file")" --workers "$wanted" --slots "$(<"$state/slots")" --dir "$dir" -- "${again[@]}" \
    >"$state/again"
  say "starting the coordinator ..."
  start_coordinator "$host" "$file" "$@"
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
