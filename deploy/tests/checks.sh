# shellcheck shell=bash
# For the tests beside this file: checks in words, in a temporary folder of their own. Sourced first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

tmp=$(mktemp -d /tmp/bp-deploy-XXXXXX)
passed=0 failed=0
bin=${BACKPROP_BIN:-$PWD/artifacts/bin/Backprop.Coordinator/release}

# Temporary files of the processes are seen, if one leaves any.
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

# says_soon PATTERN COMMAND...: within half a minute.
says_soon() {
  local until=$((SECONDS + 30))
  until says "$@" >/dev/null; do
    ((SECONDS < until)) || { says "$@"; return; }
    sleep 0.2
  done
}

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

# closed PORT...: nobody listens there.
closed() {
  local port
  for port in "$@"; do
    ! (exec 3<>"/dev/tcp/127.0.0.1/${port##*:}") 2>/dev/null || { echo "port $port is open"; return 1; }
  done
}

# The run of both: long enough for any of this, and stopped by down.sh.
# shellcheck disable=SC2034
run=(examples/digits.yaml)
# shellcheck disable=SC2034
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

# sum: the last line, and the exit code.
sum() {
  echo "$passed passed, $failed failed"
  ((failed == 0))
}
