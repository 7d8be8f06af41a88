#!/bin/sh
# Runs on a host, from the folder that up.sh made there, which holds all there is: bin/, token, cache/, worker.pid, worker.log.
#   agent.sh check | start SLOTS PORT LINKPORT | stop SECONDS
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# started PID: when, in clock ticks since the machine's start; nothing where it is gone.
started() { sed -n 's/^.*) \([^ZX]\) /\1 /p' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# running: the worker's number while it lives; its record is "PID START", so that another process is never taken for it.
running() {
  test -r "$here/worker.pid" || return 1
  read -r pid start <"$here/worker.pid"
  test -n "$start" && test "$(started "$pid")" = "$start" && echo "$pid"
}

find_dotnet() {
  command -v dotnet && return
  for folder in "${DOTNET_ROOT:-}" "$HOME/.dotnet" /usr/lib/dotnet /usr/share/dotnet /usr/local/share/dotnet; do
    test -x "$folder/dotnet" && echo "$folder/dotnet" && return
  done
  echo "there is no 'dotnet' on $(uname -n); install the .NET 10 runtime there (in ~/.dotnet is enough)" >&2
  return 1
}

case $1 in
  check)
    find_dotnet >/dev/null
    ;;
  start)
    if running >/dev/null; then
      echo "a worker is there already" >&2
      exit 1
    fi
    dotnet=$(find_dotnet)
    # The runtime's diagnostic sockets in /tmp would outlive a process that is killed.
    DOTNET_EnableDiagnostics=${DOTNET_EnableDiagnostics:-0} setsid nohup "$dotnet" "$here/bin/backprop-worker.dll" \
      --coordinator "127.0.0.1:$3" --link-port "$4" --slots "$2" --token-file "$here/token" --cache "$here/cache" >>"$here/worker.log" 2>&1 </dev/null &
    echo "$! $(started $!)" >"$here/worker.pid"
    sleep 0.5
    if ! running >/dev/null; then
      tail -n 8 "$here/worker.log" >&2
      exit 1
    fi
    ;;
  stop)
    if pid=$(running); then
      kill -s TERM "$pid" 2>/dev/null || true
      kill -s CONT "$pid" 2>/dev/null || true
    fi
    left=$(($2 * 10))
    while running >/dev/null && test "$left" -gt 0; do
      sleep 0.1
      left=$((left - 1))
    done
    if pid=$(running); then
      echo "the worker was still there after $2 s, so it was killed" >&2
      kill -s KILL "$pid" 2>/dev/null || true
    fi
    rm -f "$here/worker.pid"
    ;;
esac
