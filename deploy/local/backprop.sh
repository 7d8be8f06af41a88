#!/usr/bin/env bash
# A command of backprop, asked of the cluster that up.sh started: submit RUN.yaml, status, nodes, workers, logs -f, scale N, drain NAME,
# undrain NAME, checkpoint, pause, resume, stop.
set -euo pipefail
# shellcheck source=deploy/local/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="backprop.sh [--dir DIR] COMMAND ...     as 'backprop COMMAND --help' has it; --node and --token-file are given"

if [[ ${1:-} == --dir ]]; then
  [[ -n ${2:-} ]] || usage_error "--dir takes a folder"
  folder=$2
  shift 2
fi
(($# > 0)) || usage_error "which command?"
open_cluster "$folder"
[[ -r $state/token ]] || die "no cluster is up in $dir; up.sh starts one"
# Nodes that only run workers cannot answer, and would be waited for.
ended=''
for record in "$run"/*/record; do
  [[ -d $record ]] || continue
  name=node-$(basename "$(dirname "$record")")
  if alive "$name"; then
    ended=''
    break
  fi
  ended="${ended:+$ended, }$name"
done
[[ -z $ended ]] || die "$ended has ended (logs: $logs), and no other node may coordinate; up.sh starts it again, and it goes on"
ask "$@"
