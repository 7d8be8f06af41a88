#!/usr/bin/env bash
# A cluster over ssh, as a new user has it, with three sshd of its own on loopback: up, scaled, a crash and what brings it back, and down,
# and nothing is left of it. Says so and ends where sshd is not installed. Ends with "N passed, N failed". About a minute. Needs the build;
# no root.
set -euo pipefail
# shellcheck source=deploy/tests/checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

servers=() # sshd's processes
made_run_sshd=''

cleanup() {
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

skip() { echo "SKIPPED: $1"; }

# counts SCRIPTS DIR N: how many workers the status page has.
counts() { says "\"workersPresent\": *$3\b" "$1/status.sh" --json --dir "$2"; }

ports=()

# read_ports FILE...: what the cluster has opened, to be found closed at the end.
read_ports() {
  local file opened
  for file in "$@"; do
    [[ ! -e $there/state/$file ]] || read -ra opened <"$there/state/$file" && ports+=("${opened[@]}")
  done
}

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
sum
