# shellcheck shell=bash
# What the disturbances share: a cluster on this machine, and the verdict. Sourced, never run.

chaos=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=deploy/local/lib.sh
source "$chaos/../local/lib.sh"
folder=${BACKPROP_CLUSTER:-$root/deploy/chaos/cluster}

# cluster_for RUN.yaml WORKERS OPTION...: up, and taken down if this script is interrupted.
cluster_for() {
  command -v python3 >/dev/null || die "this needs python3 (nothing beyond its standard library)"
  local file=$1 workers=$2
  shift 2
  trap 'exec 9<&-; "$chaos/../local/down.sh" --now --dir "$folder" >/dev/null' EXIT
  "$chaos/../local/up.sh" "$file" --workers "$workers" --dir "$folder" -- --overwrite "$@" | grep -v '^next:'
}

# end_cluster: stops the run, where it has not ended by itself.
end_cluster() {
  exec 9<&-
  "$chaos/../local/down.sh" --dir "$folder"
  trap - EXIT
}

# verdict: compares the run with an undisturbed one.
verdict() {
  say "computing as many steps undisturbed, in one process ..."
  python3 "$chaos/chaos.py" verdict "$folder" "$bin"
}
