#!/usr/bin/env bash
# What it costs to be followed: a run on one node alone, and with two nodes that keep its record and train nothing, in turns.
set -euo pipefail
# shellcheck source=deploy/chaos/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="followers.sh RUN.yaml [--rounds 10] [--warm 60] [--seconds 20] [--workers 1] [--dir DIR] [-- more options of 'backprop submit']
       --warm: so many seconds pass first, while processes still compile what they run
       for what it costs between checkpoints, give -- --set checkpoint.everySeconds=600"

file='' rounds=10 warm=60 seconds=20 workers=1
while (($# > 0)); do
  case $1 in
    --rounds) number "${2:-}" --rounds; rounds=$2; shift 2 ;;
    --warm) number "${2:-}" --warm; warm=$2; shift 2 ;;
    --seconds) number "${2:-}" --seconds; seconds=$2; shift 2 ;;
    --workers) number "${2:-}" --workers; workers=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1'" ;;
    *) file=$1; shift ;;
  esac
done
[[ -f $file ]] || usage_error "which run file? It must train for longer than $((warm + seconds)) seconds"
((rounds > 0 && seconds > 0 && workers > 0)) || usage_error "at least one round, second and worker"

# used PID...: the processor time that they had, in seconds.
used() {
  local pid
  for pid; do cat "/proc/$pid/stat"; done | sed 's/.*) //' | awk -v hertz="$(getconf CLK_TCK)" '{ticks += $12 + $13} END {print ticks / hertz}'
}

# look TRAINING FOLLOWING: the time, the step, and what the processes had until now; each a list of ids.
look() {
  local following=0
  # shellcheck disable=SC2086 # a list
  [[ -z $2 ]] || following=$(used $2)
  # shellcheck disable=SC2086
  echo "$(date +%s.%N) $(figure step) $(used $1) $following"
}

# measure FOLLOWERS OPTION...: steps per second, milliseconds of processor a step for those who train, and the share of one processor that
# a follower has.
measure() {
  local followers=$1 before after training following=''
  shift
  cluster_for "$file" 1 "$workers" "$@" >/dev/null
  if ((followers > 0)); then
    exec 9<&-
    "$chaos/../local/up.sh" --nodes $((1 + followers)) --coordinators $((1 + followers)) --workers 0 --dir "$folder" >/dev/null
    lock_cluster "$folder"
    following=$(for ((n = 2; n <= 1 + followers; n++)); do pid_of "node-$n"; done | xargs)
  fi
  training="$(pid_of node-1) $(workers_of 1)"
  sleep "$warm"
  before=$(look "$training" "$following")
  sleep "$seconds"
  after=$(look "$training" "$following")
  end_cluster >/dev/null
  awk -v followers="$followers" '{
    seconds = $5 - $1; steps = $6 - $2
    printf "%.1f %.3f %.2f\n", steps / seconds, 1000 * ($7 - $3) / steps, followers ? 100 * ($8 - $4) / seconds / followers : 0
  }' <<<"$before $after"
}

figures=$(mktemp)
for ((round = 1; round <= rounds; round++)); do
  alone=$(measure 0 "$@")
  followed=$(measure 2 "$@")
  read -r steps_alone cpu_alone _ <<<"$alone"
  read -r steps_followed cpu_followed follower <<<"$followed"
  say "round $round: alone $steps_alone steps/s, $cpu_alone ms of processor a step; with two followers $steps_followed, $cpu_followed; a follower has $follower % of a processor"
  echo "$alone $followed" >>"$figures"
done
python3 - "$figures" <<'PYTHON'
import statistics
import sys

rows = [[float(word) for word in line.split()] for line in open(sys.argv[1])]
steps = statistics.median(row[3] / row[0] for row in rows)
cpu = statistics.median(row[4] / row[1] for row in rows)
follower = statistics.median(row[5] for row in rows)
print(f"medians of {len(rows)}: with two followers {steps:.3f} times the steps/s, {cpu:.3f} times the processor time a step; "
      f"a follower has {follower:.2f} % of a processor")
PYTHON
rm -f "$figures"
