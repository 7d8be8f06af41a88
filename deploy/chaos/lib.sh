# shellcheck shell=bash
# What the disturbances share: a node on this machine with a run, and the verdict. Sourced, never run.

chaos=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=deploy/local/lib.sh
source "$chaos/../local/lib.sh"
folder=${BACKPROP_CLUSTER:-$root/deploy/chaos/cluster}

# cluster_for RUN.yaml NODES WORKERS OPTION...: up from nothing, with WORKERS on each node, and the run submitted; taken down if this
# script is interrupted. OPTION...: of 'backprop submit'. $more: further options of up.sh.
more=()
cluster_for() {
  command -v python3 >/dev/null || die "this needs python3 (nothing beyond its standard library)"
  local file=$1 nodes=$2 workers=$3
  shift 3
  "$chaos/../local/down.sh" --now --clean --dir "$folder" >/dev/null
  trap 'exec 9<&-; "$chaos/../local/down.sh" --now --dir "$folder" >/dev/null' EXIT
  "$chaos/../local/up.sh" --nodes "$nodes" --workers "$workers" --dir "$folder" "${more[@]}" | grep -v '^next:'
  lock_cluster "$folder"
  submit "$file" "$@"
  wait_present "$((nodes * workers))"
}

# submit RUN.yaml OPTION...: says how, and leaves the run's folder in state/run.
submit() {
  local id
  id=$(ask submit "$@" --json | grep -oE '"run": *"[^"]+"' | cut -d'"' -f4)
  echo "nodes/1/runs/$id" >"$dir/logs/run"
}

# wait_present N: until so many workers take part.
wait_present() {
  local until=$((SECONDS + patience))
  until (($(figure workersPresent || echo 0) >= $1)); do
    ((SECONDS < until)) || die "not all $1 workers take part after $patience s; see $logs"
    sleep 0.1
  done
}

# workers_of N: the processes that a node has started.
workers_of() {
  local children
  children=$(cat "/proc/$(pid_of "node-$1")/task/"*/children)
  tr ' ' '\n' <<<"$children" | grep .
}

# end_cluster: stops the run, where it has not ended by itself.
end_cluster() {
  local until=$((SECONDS + patience)) words
  # A node that was killed just now may not listen yet.
  until words=$(ask stop 2>&1); do
    if [[ $words != *"does not answer"* ]] || ((SECONDS >= until)); then
      say "the run was over before: $words"
      break
    fi
    sleep 1
  done
  # The others have its end, too, before all are taken down.
  until (($(sha256sum "$dir"/nodes/*/record/entries.jsonl | cut -d' ' -f1 | sort -u | wc -l) <= 1 || SECONDS > until)); do sleep 0.2; done
  exec 9<&-
  "$chaos/../local/down.sh" --dir "$folder"
  trap - EXIT
}

# verdict: compares the run with an undisturbed one.
verdict() {
  say "computing as many steps undisturbed, in one process ..."
  local record records=()
  # Every node that may coordinate has the record of a run that has ended.
  for record in "$folder/nodes/"*"/$(sed 's|nodes/1/||' "$folder/logs/run")"; do
    [[ ! -f $record/summary.json ]] || records+=("$record")
  done
  python3 "$chaos/chaos.py" verdict "$bin" "${records[@]}"
}
