# shellcheck shell=bash
# A coordinator here and a worker on each of several machines, reached by ssh. Sourced, never run.
# Records in state/: hosts (number, target, port, slots), tunnel-N (the ssh that forwards the coordinator's ports), N.port (where they
# come out over there: its own and its links'), N.slots (what the worker there was started with), N.there (that the folder is on the host).

here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=deploy/lib.sh
source "$here/../lib.sh"

# shellcheck disable=SC2034 # for those who source this
folder=${BACKPROP_CLUSTER:-$root/deploy/ssh/cluster}
remote_root=${BACKPROP_REMOTE_DIR:-.backprop}
read -ra ssh <<<"${BACKPROP_SSH:-ssh}"
# A question could not be answered: several hosts are spoken to at once, and the tunnels have no terminal.
ssh+=(-o BatchMode=yes -o ConnectTimeout=10)

# read_hosts FILE: checks it, and prints "NUMBER TARGET PORT SLOTS" for each host; port 0: ssh's own choice.
read_hosts() {
  local line fields target slots port count=0 at=0
  while IFS= read -r line || [[ -n $line ]]; do
    at=$((at + 1))
    read -ra fields <<<"${line%%#*}"
    ((${#fields[@]} > 0)) || continue
    target=${fields[0]%:*} slots=${fields[0]##*:} port=0
    if ((${#fields[@]} == 2)) && [[ ${fields[1]} =~ ^port=([0-9]{1,5})$ ]]; then
      port=${BASH_REMATCH[1]}
    elif ((${#fields[@]} > 1)); then
      die "$1, line $at: '${fields[*]:1}' is not understood; a line is [user@]host:slots [port=N]"
    fi
    [[ ${fields[0]} == ?*:* && $target =~ ^[][A-Za-z0-9@._:-]+$ && $target != -* && $slots =~ ^[1-9][0-9]{0,3}$ ]] \
      || die "$1, line $at: '${fields[0]}' is not understood; a line is [user@]host:slots [port=N]"
    count=$((count + 1))
    # ssh takes a bare IPv6 address; the file has it in brackets.
    echo "$count ${target//[][]/} $port $slots"
  done <"$1"
  ((count > 0)) || die "$1 names no host; a line is [user@]host:slots [port=N]"
}

# host NUMBER: sets target, port and slots.
host() { read -r _ target port slots < <(grep "^$1 " "$state/hosts") || die "there is no host $1"; }

hosts() { cut -d' ' -f1 "$state/hosts"; }

# place NUMBER: the folder over there; not the same for two names of one machine.
place() { echo "$remote_root/$(<"$state/id")-$1"; }

# remote NUMBER COMMAND: a line for the shell of a host. Sets target, for what is said about it.
remote() {
  host "$1"
  local options=()
  ((port == 0)) || options=(-p "$port")
  "${ssh[@]}" "${options[@]}" "$target" "$2" 9<&-
}

# agent NUMBER VERB [ARGUMENT...]: agent.sh over there.
agent() { remote "$1" "sh $(place "$1")/agent.sh ${*:2}" </dev/null; }

# each FUNCTION NUMBER...: for several hosts at once; fails if one did.
each() {
  local function=$1 failed=0 number jobs=() job
  shift
  for number in "$@"; do
    "$function" "$number" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || failed=1; done
  return "$failed"
}

# complain WHAT: of the host that was spoken to last. Fails.
complain() { printf '%s: %s\n' "$(label)" "$1" >&2; return 1; }

label() { if ((port == 0)); then echo "$target"; else echo "$target port $port"; fi; }

# deploy NUMBER: the worker's files and the token.
deploy() {
  local there
  there=$(place "$1")
  remote "$1" "umask 077 && mkdir -p $there" </dev/null || complain "cannot be used: ssh must get there without a question" || return 1
  touch "$state/$1.there"
  tar -C "$state/package" -czf - . 9<&- \
    | remote "$1" "umask 077 && tar -C $there -xzf - && sh $there/agent.sh check" \
    || { host "$1"; complain "cannot be used, as said above"; }
}

# connect NUMBER: the coordinator's port over there, for as long as the tunnel lives; it comes back by itself.
connect() {
  local until=$((SECONDS + patience)) options=()
  host "$1"
  ! alive "tunnel-$1" || return 0
  ((port == 0)) || options=(-p "$port")
  start_process "tunnel-$1" "$here/tunnel.sh" "$(<"$state/coordinator.address")" "$state/$1.port" "$target" "${ssh[@]}" "${options[@]}"
  until [[ -s $state/$1.port ]]; do
    if ((SECONDS >= until)) || ! alive "tunnel-$1"; then
      last_words "tunnel-$1"
      complain "no tunnel to it, as said above"
      return 1
    fi
    sleep 0.1
  done
}

# start NUMBER: a worker with the slots in NUMBER.wanted.
start() {
  connect "$1" || return 1
  agent "$1" start "$(<"$state/$1.wanted")" "$(<"$state/$1.port")" || complain "the worker did not start, as said above" || return 1
  cp "$state/$1.wanted" "$state/$1.slots"
}

# drain NUMBER: its shards are handed back before it leaves.
drain() {
  agent "$1" stop "$patience" || complain "its worker could not be drained" || return 1
  rm -f "$state/$1.slots"
}

# remove NUMBER: the worker, its log (brought here first), the folder, the tunnel. $removal: seconds that the worker has.
remove() {
  local there
  there=$(place "$1")
  [[ -e $state/$1.there ]] || return 0
  if remote "$1" "test ! -d $there || { sh $there/agent.sh stop ${removal:-10} >&2; cat $there/worker.log 2>/dev/null; }; \
    rm -rf $there; rmdir $remote_root 2>/dev/null; test ! -d $there" </dev/null >>"$logs/host-$1.log"; then
    stop_tunnel "$1"
    rm -f "$state/$1.slots" "$state/$1.there"
  else
    complain "cannot be reached; its folder $there, and perhaps a worker, are still there"
  fi
}

stop_tunnel() {
  local pid
  if pid=$(pid_of "tunnel-$1"); then
    # The whole session: the loop, and the ssh that it started.
    kill -s TERM -- "-$pid" 2>/dev/null || true
    wait_gone 5 "tunnel-$1" || kill -s KILL -- "-$pid" 2>/dev/null || true
  fi
  forget "tunnel-$1"
  rm -f "$state/$1.port" "$logs/tunnel-$1.log"
}

total_slots() { awk '{n += $4} END {print n}' "$state/hosts"; }

running_slots() { cat "$state/$1.slots" 2>/dev/null || echo 0; }

running_hosts() { local number; for number in $(hosts); do if [[ -e $state/$number.slots ]]; then echo "$number"; fi; done; }

# share N: how N slots fall on the hosts, in the file's order, into NUMBER.wanted.
share() {
  local left=$1 number
  for number in $(hosts); do
    host "$number"
    slots=$((slots < left ? slots : left))
    echo "$slots" >"$state/$number.wanted"
    left=$((left - slots))
  done
}

# rescale N: workers start, leave, or are started anew with other slots, until N slots compute. Returns 3 where the run was over before.
rescale() {
  local number starting=() leaving=() changing=() wanted now
  share "$1"
  for number in $(hosts); do
    wanted=$(<"$state/$number.wanted") now=$(running_slots "$number")
    if ((wanted == now)); then continue; fi
    if ((now == 0)); then starting+=("$number")
    elif ((wanted == 0)); then leaving+=("$number")
    else changing+=("$number"); fi
  done
  # Newcomers first, so that somebody computes all the time.
  each start "${starting[@]}" || return 1
  wait_workers "$(running_hosts | wc -l)" worker- || return $?
  each drain "${leaving[@]}" "${changing[@]}" || return 1
  each start "${changing[@]}" || return 1
  wait_workers "$(running_hosts | wc -l)" worker-
}

# describe: which host computes with how many slots.
describe() {
  local number
  for number in $(running_hosts); do
    host "$number"
    say "  host $number  $(label)  $(counted "$(running_slots "$number")" slot)"
  done
}

# stop_all [now]: the coordinator, then everything on the hosts. Ends the script, which can be run again, where a host cannot be reached.
# shellcheck disable=SC2120 # callers are in other files
stop_all() {
  removal=10
  [[ ${1:-} != now ]] || removal=0
  stop_coordinator "${1:-}"
  [[ -s $state/hosts ]] || return 0
  local all
  mapfile -t all < <(hosts)
  each remove "${all[@]}" || die "not all hosts are tidy; run down.sh again when those named above can be reached, or delete $state
to forget them"
}
