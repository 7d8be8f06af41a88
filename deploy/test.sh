#!/usr/bin/env bash
# What a new user would do, and that nothing is left of it: a cluster on this machine, up, with a run submitted, scaled to four workers and
# to one, and down; then over ssh, with three sshd of its own on loopback, where sshd is installed. Ends with "N passed, N failed".
# About a minute. Needs the build; no root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tmp=$(mktemp -d /tmp/bp-deploy-XXXXXX)
passed=0 failed=0 ports=()
servers=() # sshd's processes
made_run_sshd=''

cleanup() {
  deploy/local/down.sh --now --dir "$tmp/local" >/dev/null 2>&1 || true
  deploy/local/down.sh --now --dir "$tmp/three" >/dev/null 2>&1 || true
  [[ ! -e $tmp/ssh/state ]] || deploy/ssh/down.sh --now --dir "$tmp/ssh" >/dev/null 2>&1 || true
  local server
  for server in "${servers[@]}"; do
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  done
  [[ -z $made_run_sshd ]] || rmdir /run/sshd 2>/dev/null || true
  rm -rf "$tmp"
}
trap cleanup EXIT

# Temporary files of the processes are seen below, if one leaves any.
mkdir "$tmp/tmp"
export TMPDIR=$tmp/tmp

# check SENTENCE COMMAND...: passes if the command does; its words are shown if it does not.
check() {
  local sentence=$1 words
  shift
  if words=$("$@" 2>&1); then
    echo "passed: $sentence"
    passed=$((passed + 1))
  else
    printf 'FAILED: %s\n%s\n' "$sentence" "$words"
    failed=$((failed + 1))
  fi
}

skip() { echo "SKIPPED: $1"; }

# matches PATTERN TEXT: whether a line does; else shows the text.
matches() { grep -qE "$1" <<<"$2" || { echo "$2"; return 1; }; }

# says PATTERN COMMAND...: it succeeds and says so.
says() {
  local pattern=$1 words
  shift
  words=$("$@" 2>&1) || { echo "$words"; return 1; }
  matches "$pattern" "$words"
}

# refuses PATTERN COMMAND...: it fails and says why.
refuses() {
  local pattern=$1 words
  shift
  ! words=$("$@" 2>&1) || { echo "not refused: $words"; return 1; }
  matches "$pattern" "$words"
}

# counts SCRIPTS DIR N: how many workers the status page has.
counts() { says "\"workersPresent\": *$3\b" "$1/status.sh" --json --dir "$2"; }

# says_soon PATTERN COMMAND...: within half a minute.
says_soon() {
  local until=$((SECONDS + 30))
  until says "$@" >/dev/null; do
    ((SECONDS < until)) || { says "$@"; return; }
    sleep 0.2
  done
}

# takes_part N: so many workers take part in the run on this machine.
takes_part() { says_soon "\"workersPresent\": *$1\b" deploy/local/backprop.sh --dir "$there" status --json; }

# no_process: none of this test's is left but sshd.
no_process() {
  local file line found=0
  for file in /proc/[0-9]*/cmdline; do
    line=$(tr '\0' ' ' <"$file" 2>/dev/null) || continue
    if [[ $line == *"$tmp"* && $line != *sshd_config* ]]; then
      echo "${file//[!0-9]/}: $line"
      found=1
    fi
  done
  return "$found"
}

# read_ports FILE...: what the cluster has opened, to be found closed at the end.
read_ports() {
  local file opened
  for file in "$@"; do
    [[ ! -e $there/state/$file ]] || read -ra opened <"$there/state/$file" && ports+=("${opened[@]}")
  done
}

# closed PORT...: nobody listens there.
closed() {
  local port
  for port in "$@"; do
    ! (exec 3<>"/dev/tcp/127.0.0.1/${port##*:}") 2>/dev/null || { echo "port $port is open"; return 1; }
  done
}

empty() { local left; left=$(find "$@" -mindepth 1 2>/dev/null) || true; [[ -z $left ]] || { echo "left: $left"; return 1; }; }

holds() { local left; left=$(cd "$1" && echo *); [[ $left == "$2" ]] || { echo "it holds: $left"; return 1; }; }

# long enough for any of this, and stopped by down.sh
run=(examples/digits.yaml)
options=(--set epochs=100000 --set checkpoint.everySteps=20000 --set evaluate.everyEpochs=1000)

# same_weights RUNDIR: as one process computes for as many steps.
same_weights() {
  local steps there here
  steps=$(grep -oE '"steps": *[0-9]+' "$1/summary.json" | head -n 1 | grep -oE '[0-9]+$')
  there=$(grep -oE '"weightsSha256": *"[0-9a-f]+"' "$1/summary.json")
  "$bin/backprop" train "$1/run.yaml" --stop-at "$steps" --run-dir "$tmp/alone" --overwrite >"$tmp/words" 2>&1 \
    || { cat "$tmp/words"; return 1; }
  here=$(grep -oE '"weightsSha256": *"[0-9a-f]+"' "$tmp/alone/summary.json")
  rm -rf "$tmp/alone"
  [[ ${there#*:} == "${here#*:}" ]] || { echo "after $steps steps: $there, alone $here"; return 1; }
}

bin=${BACKPROP_BIN:-$PWD/artifacts/bin/Backprop.Coordinator/release}

if command -v shellcheck >/dev/null; then
  check "the scripts are clean for shellcheck" xargs -n 4 -P 2 shellcheck -x < <(ls deploy/*.sh deploy/*/*.sh)
else
  skip "shellcheck is not installed (Debian's package 'shellcheck')"
fi

echo "-- on this machine"
there=$tmp/local
ask=(deploy/local/backprop.sh --dir "$there")
check "a command without a cluster is refused" refuses 'no cluster is up' "${ask[@]}" status
check "up" says 'up: 1 node$' deploy/local/up.sh --workers 2 --dir "$there"
ports+=("$(<"$there/nodes/1.address")" "$(<"$there/state/status.address")")
check "up again says that it is up" says 'already: 1 node$' deploy/local/up.sh --dir "$there"
check "submit" says '^submitted: digits; it is next' "${ask[@]}" submit "${run[@]}" "${options[@]}"
check "submitted once more, it is not twice" says 'submitted before, and not again' "${ask[@]}" submit "${run[@]}" "${options[@]}"
check "another waits in the queue" says '^submitted: digits-2' "${ask[@]}" submit "${run[@]}" "${options[@]}" --set seed=2
check "two take part" takes_part 2
check "scale to four" says '4 workers' "${ask[@]}" scale 4
check "four take part" takes_part 4
check "scale to one" says '1 worker' "${ask[@]}" scale 1
check "one takes part" takes_part 1
check "status says what goes on and what waits" says '^waiting +digits-2' "${ask[@]}" status
check "a node more" says 'up: 2 nodes' deploy/local/up.sh --nodes 2 --workers 1 --dir "$there"
ports+=("$(<"$there/nodes/2.address")")
check "nodes" says_soon '^node-2 .* worker .* up' "${ask[@]}" nodes
check "logs" says 'joined' "${ask[@]}" logs
check "nobody else can read the token" says '^600$' stat -c %a "$there/state/token"
kill -s KILL "$(cut -d' ' -f1 "$there/state/node-1.pid")" || true
check "a killed node is noticed" refuses 'node-1.* has ended.*up.sh starts it again' "${ask[@]}" scale 2
check "up starts it again" says 'up: 2 nodes' deploy/local/up.sh --workers 2 --dir "$there"
check "and it goes on, with one worker as was ordered" takes_part 1
check "down" says '^down; the record is in' deploy/local/down.sh --dir "$there"
check "down again is fine" says '^down' deploy/local/down.sh --dir "$there"
check "no process is left" no_process
check "no port is left" closed "${ports[@]}"
check "no file is left but the record and the logs" holds "$there" "logs nodes"
check "three nodes" says 'up: 3 nodes' deploy/local/up.sh --nodes 3 --workers 0 --dir "$tmp/three"
check "they keep the record" says_soon '3 nodes keep the' cat "$tmp/three/logs/node-1.log"
for node in 1 2 3; do kill -s KILL "$(cut -d' ' -f1 "$tmp/three/state/node-$node.pid")" || true; done
check "all were killed at once, and up starts them" says 'up: 3 nodes' deploy/local/up.sh --workers 0 --dir "$tmp/three"
check "down, and nothing is left" says '^down; nothing is left' deploy/local/down.sh --now --clean --dir "$tmp/three"
check "no temporary file is left" empty "$tmp/tmp"
check "up goes on with what was ordered" says 'up: 2 nodes' deploy/local/up.sh --workers 1 --dir "$there"
check "one takes part" takes_part 1
check "stop" says 'digits stops' "${ask[@]}" stop
check "the next in the queue begins" says_soon '^running +digits-2' "${ask[@]}" status
check "the weights are those of one process" same_weights "$there/nodes/1/runs/digits"
check "a wrong option is refused in words" refuses 'unknown argument' deploy/local/up.sh --nonsense --dir "$there"
check "down --now --clean" says 'nothing is left' deploy/local/down.sh --now --clean --dir "$there"
check "no process is left" no_process
check "nothing is left of it" test ! -e "$there"

# start_sshd N: on a free port, with keys of its own; sets port.
start_sshd() {
  local n=$1 try
  ssh-keygen -q -t ed25519 -N '' -f "$tmp/sshd/host-$n" </dev/null
  for try in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 12000))
    closed "$port" >/dev/null || continue
    cat >"$tmp/sshd/sshd_config-$n" <<CONFIG
Port $port
ListenAddress 127.0.0.1
HostKey $tmp/sshd/host-$n
PidFile none
AuthorizedKeysFile $tmp/sshd/key.pub
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
${TEST_SSHD_CONFIG:-}
CONFIG
    "$sshd" -D -e -f "$tmp/sshd/sshd_config-$n" 2>"$tmp/sshd/log-$n" &
    servers+=($!)
    for _ in {1..50}; do
      if ! closed "$port" >/dev/null; then
        echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$tmp/sshd/host-$n.pub")" >>"$tmp/sshd/known_hosts"
        return 0
      fi
      kill -0 $! 2>/dev/null || break
      sleep 0.1
    done
    : "$try"
  done
  return 1
}

over_ssh() {
  echo "-- over ssh"
  sshd=$(command -v sshd || true)
  [[ -n $sshd || ! -x /usr/sbin/sshd ]] || sshd=/usr/sbin/sshd
  [[ -n $sshd ]] || { skip "deploy/ssh: sshd is not installed (Debian's package 'openssh-server')"; return; }
  command -v ssh >/dev/null || { skip "deploy/ssh: ssh is not installed (Debian's package 'openssh-client')"; return; }
  if ((EUID == 0)) && [[ ! -d /run/sshd ]]; then
    mkdir /run/sshd
    made_run_sshd=1
  fi
  mkdir -m 700 "$tmp/sshd"
  ssh-keygen -q -t ed25519 -N '' -f "$tmp/sshd/key" </dev/null
  local n port slots=(2 1 1) hosts=$tmp/sshd/hosts
  for n in 0 1 2; do
    start_sshd "$n" || { skip "deploy/ssh: sshd does not run here: $(tail -n 1 "$tmp/sshd/log-$n")"; return; }
    echo "127.0.0.1:${slots[n]} port=$port # the machine $n" >>"$hosts"
  done
  export BACKPROP_SSH="ssh -F none -i $tmp/sshd/key -o UserKnownHostsFile=$tmp/sshd/known_hosts -o IdentitiesOnly=yes"
  export BACKPROP_REMOTE_DIR=$tmp/remote
  if ! $BACKPROP_SSH -o BatchMode=yes -p "$port" 127.0.0.1 true 2>"$tmp/sshd/why"; then
    skip "deploy/ssh: this user cannot log in to an sshd of its own: $(tail -n 1 "$tmp/sshd/why")"
    return
  fi

  there=$tmp/ssh
  echo "127.0.0.1 two" >"$tmp/sshd/wrong"
  check "a hosts file that is wrong is refused with its line" \
    refuses 'line 1' deploy/ssh/up.sh "${run[@]}" --hosts "$tmp/sshd/wrong" --dir "$there"
  check "up with two slots" \
    says 'up: 1 worker,' deploy/ssh/up.sh "${run[@]}" --hosts "$hosts" --slots 2 --dir "$there" -- "${options[@]}"
  read_ports coordinator.address status.address
  check "up again says that it is up" says 'up already' deploy/ssh/up.sh "${run[@]}" --hosts "$hosts" --dir "$there"
  check "scale to four slots" says '^4 slots on 3 hosts' deploy/ssh/scale.sh 4 --dir "$there"
  check "three take part" counts deploy/ssh "$there" 3
  read_ports 1.port 3.port
  check "no more than the hosts have" refuses '4 slots in all' deploy/ssh/scale.sh 5 --dir "$there"
  check "scale to one slot" says '^1 slot on 1 host' deploy/ssh/scale.sh 1 --dir "$there"
  check "one takes part" counts deploy/ssh "$there" 1
  check "a host's log" says . deploy/ssh/logs.sh 1 --dir "$there"
  kill -s KILL "$(cut -d' ' -f1 "$there/state/coordinator.pid")" || true
  check "after a crash status says what brings it back" \
    refuses "ssh/down.sh .* && .*ssh/up.sh .* --slots 2 .*--resume" deploy/ssh/status.sh --dir "$there"
  back=$(deploy/ssh/status.sh --dir "$there" 2>&1 | tail -n 1) || true
  check "and that does" says 'up: 1 worker,' bash -c "$back"
  read_ports coordinator.address status.address 1.port
  check "down" says '^down; the record is in' deploy/ssh/down.sh --dir "$there"
  check "down again is fine" says '^down' deploy/ssh/down.sh --dir "$there"
  check "no process is left" no_process
  check "no port is left" closed "${ports[@]}"
  check "nothing is left on the hosts" test ! -e "$tmp/remote"
  check "the weights are those of one process" same_weights "$there/run"
  check "down --clean" says 'nothing is left' deploy/ssh/down.sh --clean --dir "$there"
  check "nothing is left of it" test ! -e "$there"
}
over_ssh

echo "$passed passed, $failed failed"
((failed == 0))
