# shellcheck shell=bash
# What the scripts here share: words, one folder for everything, processes that are known by more than their number, the coordinator's
# start, its status page, and its end. Sourced, never run. Linux, bash 4.4 or later.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/processes.sh
source "$root/deploy/processes.sh"
bin=${BACKPROP_BIN:-$root/artifacts/bin/Backprop.Coordinator/release}
patience=${BACKPROP_WAIT:-60} # seconds until a thing that should happen soon is given up
record=run # the part of a cluster's folder that stays when it is down
speaker=coordinator # whose log tells how a run went
enter=() # what puts a command where the coordinator is; empty: here

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# usage_error TEXT: the command line is wrong. Each script sets its own $usage.
usage_error() {
  printf '%s: %s\nusage: %s\n' "${0##*/}" "$1" "${usage:?}" >&2
  exit 2
}

# number TEXT OPTION: refuses what is not a whole number.
number() { [[ $1 =~ ^[0-9]{1,6}$ ]] || usage_error "$2 takes a whole number, not '$1'"; }

# counted N WORD: "1 worker", "2 workers".
counted() { if [[ $1 == 1 ]]; then echo "1 $2"; else echo "$1 ${2}s"; fi; }

# words COMMAND...: as a person would type it.
words() { local all; printf -v all '%q ' "$@"; echo "${all% }"; }

# open_cluster DIR: names the places of a cluster's folder.
open_cluster() {
  dir=$(cd "$1" 2>/dev/null && pwd) || die "no cluster is up in $1; up.sh starts one"
  state=$dir/state logs=$dir/logs run=$dir/$record
  [[ -e $state || -e $logs || -e $run || -z $(ls -A "$dir") ]] \
    || die "$dir holds other things than a cluster; name an empty or a new folder with --dir"
  if [[ -r $state/enter ]]; then
    read -ra enter <"$state/enter"
  fi
}

# lock_cluster DIR: opens it, and lets no other script change it until this one ends.
lock_cluster() {
  open_cluster "$1"
  exec 9<"$dir"
  flock -w "$patience" 9 || die "another script has been at work on $dir for $patience s; wait for it, or end it, and try again"
}

# need_binaries: builds them where they are missing.
need_binaries() {
  [[ -x $bin/backprop && -x $bin/backprop-worker ]] && return
  [[ -z ${BACKPROP_BIN:-} ]] || die "backprop and backprop-worker are not in $bin (BACKPROP_BIN); name the folder that holds them"
  command -v dotnet >/dev/null || die "backprop is not built, and there is no 'dotnet' to build it with; install the .NET 10 SDK"
  say "building backprop (only the first time) ..."
  local log
  log=$(mktemp)
  # Without build servers: this is to leave no process behind.
  if ! dotnet build "$root/Backprop.Coordinator" -c Release -v quiet -nologo --disable-build-servers >"$log" 2>&1 9<&-; then
    cat "$log" >&2
    rm -f "$log"
    die "the build failed, as said above"
  fi
  rm -f "$log"
  [[ -x $bin/backprop-worker ]] || die "the build left no backprop-worker in $bin"
}

# --- the coordinator ---

# http_get PATH: from the coordinator's status page, with nothing but bash.
http_get() {
  local address
  { address=$(<"$state/status.address"); } 2>/dev/null || return 1
  # shellcheck disable=SC2016 # for the inner shell
  "${enter[@]}" timeout 5 bash -c '
    exec 3<>"/dev/tcp/${1%:*}/${1##*:}" && printf "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" "$2" "$1" >&3 && cat <&3' \
    - "$address" "$1" 2>/dev/null 9<&-
}

# answers PATH: whether it says 200.
answers() { [[ $(http_get "$1" | head -n 1) == HTTP/1.?\ 200* ]]; }

# figure NAME: a number of the status page.
figure() { http_get /status | grep -oE "\"$1\": *[0-9]+" | head -n 1 | grep -oE '[0-9]+$'; }

# own_options OPTION...: refuses what these scripts give the coordinator themselves, and what would hide where it listens.
own_options() {
  local option
  for option; do
    case $option in
      --quiet | --http* | --listen* | --run-dir* | --token-file*)
        die "${option%%[=:]*} is set by this script, or it needs to read what the coordinator says; leave it out" ;;
    esac
  done
}

# start_coordinator HOST RUN.yaml OPTION...: until it answers. A coordinator that takes another's place listens where that one did, so that
# its workers come back by themselves.
start_coordinator() {
  local host=$1 file=$2 port=0 until listening status
  shift 2
  own_options "$@"
  [[ ! -r $state/coordinator.address ]] || port=$(sed 's/.*://' "$state/coordinator.address")
  start_process coordinator "${enter[@]}" "$bin/backprop" coordinator "$file" --listen "$host:$port" --http 127.0.0.1:0 \
    --token-file "$state/token" --run-dir "$run" "$@"
  until=$((SECONDS + patience))
  while :; do
    listening=$(said coordinator | grep -iE 'listening' | grep -oE "$host:[0-9]+" | head -n 1) || true
    status=$(said coordinator | grep -iE 'status( page)? on' | grep -oE '127\.0\.0\.1:[0-9]+' | head -n 1) || true
    if [[ -n $listening && -n $status ]]; then
      echo "$listening" >"$state/coordinator.address"
      echo "$status" >"$state/status.address"
      ! answers /livez || return 0
    fi
    if ! alive coordinator; then
      run_is_over && return 0
      last_words coordinator
      die "the coordinator did not start; its words are above (its options come after --)"
    fi
    ((SECONDS < until)) || {
      last_words coordinator
      die "the coordinator does not answer after $patience s; BACKPROP_WAIT=SECONDS waits longer"
    }
    sleep 0.1
  done
}

# run_is_over: whether the coordinator has ended as it should. Its record may still be that of a run before.
run_is_over() { ! alive coordinator && said coordinator | grep -q 'completed after step'; }

# wait_workers N PREFIX: until so many take part. Returns 3 where the run was over before.
wait_workers() {
  local until=$((SECONDS + patience)) present name
  while :; do
    present=$(figure workersPresent) || present=0
    ((present < $1)) || return 0
    if ! alive coordinator; then
      if run_is_over; then return 3; fi
      last_words coordinator
      die "the coordinator has ended; its words are above"
    fi
    for name in $(names "$2"); do
      if ! alive "$name" && alive coordinator; then
        last_words "$name"
        die "$name has ended; its words are above"
      fi
    done
    ((SECONDS < until)) || die "only $present of $(counted "$1" worker) joined within $patience s; see the logs in $logs, or wait longer \
with BACKPROP_WAIT=SECONDS"
    sleep 0.1
  done
}

# make_token FILE: for this cluster alone; nobody else may read it.
make_token() { (umask 077 && head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$1"); }

# begin: what a cluster needs before its first process.
begin() {
  mkdir -p "$logs"
  (umask 077 && mkdir -p "$state")
  [[ -s $state/token ]] || make_token "$state/token"
}

# shellcheck disable=SC2120 # callers are in other files
# stop_coordinator [now]: it finishes its step and writes a checkpoint first.
stop_coordinator() {
  if [[ ${1:-} == now ]]; then
    signal KILL coordinator
  elif alive coordinator; then
    say "stopping the coordinator, which writes a checkpoint ..."
    signal TERM coordinator
    wait_gone "$patience" coordinator || say "it is still there after $patience s: killed; the newest checkpoint before counts"
  fi
  signal KILL coordinator
  wait_gone 10 coordinator || die "the coordinator (process $(pid_of coordinator)) cannot be killed; is its disk hanging?"
  forget coordinator
}

# resumed OPTION...: sets again, the coordinator's options with which the same run goes on.
resumed() {
  local option
  again=()
  for option in "$@"; do
    [[ $option == --resume || $option == --overwrite ]] || again+=("$option")
  done
  again+=(--resume)
}

# need_cluster: a coordinator that runs. Where it is gone: how that came about, and what brings it back.
need_cluster() {
  alive coordinator && return
  [[ -e $state ]] || die "no cluster is up in $dir; up.sh starts one"
  local how="has ended" back=''
  conclude
  ! run_is_over || die "the run in $dir is complete; down.sh tidies up"
  [[ -n $(ending) ]] || how="has ended without a last word: it was killed, or its machine was started again"
  [[ ! -r $state/again ]] || back="; this goes on from the newest checkpoint:
$(<"$state/again")"
  die "the coordinator in $dir $how. down.sh tidies up$back"
}

# ending: the line of the coordinator's log that says how the run ended; nothing where it could not say so.
ending() { grep -E '(completed|stopped|failed|diverged) (after step [0-9]+|before the first step)' "$logs/$speaker.log" | tail -n 1; }

# conclude: how the run ended, in the coordinator's words; its last ones, where it could not say so.
conclude() {
  local line log=$logs/$speaker.log
  [[ -s $log ]] || return 0
  line=$(ending) || [[ $speaker != coordinator ]] || line=$(tail -n 1 "$log")
  [[ -z $line ]] || say "the coordinator's words: $line"
}

# shellcheck disable=SC2120
# tidy [clean]: leaves the run's record and logs, or nothing.
tidy() {
  rm -rf "$state"
  if [[ ${1:-} == clean ]]; then
    rm -rf "$run" "$logs"
  fi
  rmdir "$logs" 2>/dev/null || true
  rmdir "$dir" 2>/dev/null || true
}

# down_main OPTION...: what down.sh does, with the stop_all of the folder that it is in.
down_main() {
  local now='' clean=''
  # shellcheck disable=SC2034 # usage_error says it
  usage="down.sh [--now] [--clean] [--dir DIR]     --now: no checkpoint; --clean: deletes the record and the logs too"
  while (($# > 0)); do
    case $1 in
      --now) now=now; shift ;;
      --clean) clean=clean; shift ;;
      --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
      *) usage_error "unknown option '$1'" ;;
    esac
  done
  if [[ ! -e $folder ]]; then
    say "nothing is up, and nothing is there"
    return
  fi
  lock_cluster "$folder"
  if [[ -e $state ]]; then
    stop_all "$now"
    conclude
  fi
  tidy "$clean"
  if [[ -n $clean ]]; then
    say "down; nothing is left"
  elif [[ -e $run ]]; then
    say "down; the record is in $run, the logs are in $logs"
  else
    say "down"
  fi
}

# status_main OPTION...: what status.sh does.
status_main() {
  local json='' address
  # shellcheck disable=SC2034 # usage_error says it
  usage="status.sh [--dir DIR] [--json]"
  while (($# > 0)); do
    case $1 in
      --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
      --json) json=--json; shift ;;
      *) usage_error "unknown option '$1'" ;;
    esac
  done
  open_cluster "$folder"
  need_cluster
  address=$(<"$state/status.address")
  "${enter[@]}" "$bin/backprop" status --coordinator "$address" ${json:+"$json"}
  [[ -n $json ]] || "${enter[@]}" "$bin/backprop" workers --coordinator "$address"
}
