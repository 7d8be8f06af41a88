# shellcheck shell=bash
# Processes that outlive the script which started them. A record, state/NAME.pid, is "PID START": a number that was given to another process
# since is never signalled. Sourced by lib.sh, which says where $state and $logs are.
# shellcheck disable=SC2154

# start_process NAME COMMAND...: in a session of its own; its words go to logs/NAME.log.
start_process() {
  local name=$1 begun
  shift
  stat -c %s "$logs/$name.log" >"$state/$name.from" 2>/dev/null || echo 0 >"$state/$name.from"
  # The runtime's diagnostic sockets in /tmp would outlive a process that is killed.
  DOTNET_EnableDiagnostics=${DOTNET_EnableDiagnostics:-0} setsid "$@" >>"$logs/$name.log" 2>&1 </dev/null 9<&- &
  begun=$(started $!) || begun=gone
  echo "$! $begun" >"$state/$name.pid"
  # How it ends is told by these scripts, not by the shell.
  disown $!
}

# started PID: when, in clock ticks since the machine's start; fails where there is none, or only its exit status is left.
started() {
  local stat fields
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -ra fields <<<"${stat##*) }"
  [[ ${fields[0]} != [ZX] ]] && echo "${fields[19]}"
}

# dying PID: whether it is being killed, which takes a moment on a busy machine. Signal 9 is bit 8 of those that wait for it.
dying() {
  local status
  { status=$(<"/proc/$1/status"); } 2>/dev/null && [[ $status =~ ShdPnd:[[:space:]]*([0-9a-f]+) ]] && ((16#${BASH_REMATCH[1]} & 256))
}

# pid_of NAME: its number while it lives. The end of one that is being killed is waited for, a second at most.
pid_of() {
  local pid start tries=0
  { read -r pid start <"$state/$1.pid"; } 2>/dev/null || return 1
  while [[ $(started "$pid") == "$start" ]]; do
    if ((tries++ == 20)) || ! dying "$pid"; then
      echo "$pid"
      return
    fi
    sleep 0.05
  done
  return 1
}

alive() { pid_of "$1" >/dev/null; }

# signal SIGNAL NAME...: those that live.
signal() {
  local sent=$1 name pid
  shift
  for name in "$@"; do
    if pid=$(pid_of "$name"); then
      kill -s "$sent" "$pid" 2>/dev/null || true
      # One that is stopped would not hear it.
      [[ $sent != TERM ]] || kill -s CONT "$pid" 2>/dev/null || true
    fi
  done
}

# wait_gone SECONDS NAME...: fails if one is left then.
wait_gone() {
  local until=$((SECONDS + $1)) name
  shift
  for name in "$@"; do
    while alive "$name"; do
      ((SECONDS < until)) || return 1
      sleep 0.1
    done
  done
}

# forget NAME...: their records, once they are gone.
forget() { local name; for name in "$@"; do rm -f "$state/$name.pid" "$state/$name.from"; done; }

# names PREFIX: of all records that begin so, in order.
names() {
  local file
  for file in "$state/$1"*.pid; do
    [[ -e $file ]] && basename "$file" .pid
  done | sort -V
}

# living PREFIX: of those that live.
living() { local name; for name in $(names "$1"); do if alive "$name"; then echo "$name"; fi; done; }

# last_words NAME: the end of what it said since its start, on stderr, so that a failure explains itself.
last_words() {
  if [[ -s $logs/$1.log ]]; then
    printf -- '--- the end of %s:\n' "$logs/$1.log" >&2
    said "$1" | tail -n 8 >&2
    printf -- '---\n' >&2
  fi
}

# said NAME: its log since its start; what others wrote before it is above.
said() { tail -c "+$(($(<"$state/$1.from") + 1))" "$logs/$1.log"; }
