#!/usr/bin/env bash
# A coordinator and workers, each on a machine of its own as far as the network goes, with delay and loss between them. Needs root.
set -euo pipefail
# shellcheck source=deploy/lab/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="up.sh RUN.yaml [--workers 2] [--delay MILLISECONDS] [--loss PERCENT] [--slots S] [--dir DIR]
       [-- more options of 'backprop coordinator']
       delay: each way, 50 by default; loss: of the packets, 1 by default"

file='' workers=2 delay=50 loss=1 slots=1
while (($# > 0)); do
  case $1 in
    --workers) number "${2:-}" --workers; workers=$2; shift 2 ;;
    --delay) number "${2:-}" --delay; delay=$2; shift 2 ;;
    --loss) [[ ${2:-} =~ ^[0-9]{1,2}(\.[0-9]+)?$ ]] || usage_error "--loss takes percent"; loss=$2; shift 2 ;;
    --slots) number "${2:-}" --slots; slots=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1' (options for the coordinator come after --)" ;;
    *) [[ -z $file ]] || usage_error "one run file, not '$file' and '$1'"; file=$1; shift ;;
  esac
done
[[ -n $file && -f $file ]] || usage_error "which run file?"
((workers > 0 && workers < 200)) || usage_error "between 1 and 199 workers"

need_root
mkdir -p "$folder"
lock_cluster "$folder"
if alive coordinator; then
  say "it is up already, with $(counted "$(figure workersPresent || echo 0)" worker)"
  exit 0
fi
[[ -z $(machines) ]] || die "a lab is there already (namespaces $(machines | tr '\n' ' ')); down.sh removes it"
need_binaries
begin
trap 'stop_all now; no_network; tidy' EXIT
echo "$slots" >"$state/slots"
network "$workers" "$delay" "$loss"
echo "ip netns exec bp0" >"$state/enter"
read -ra enter <"$state/enter"
say "a wire with $delay ms each way and $loss % loss"
# shellcheck disable=SC2034 # for launch
host=10.77.0.1
launch "$workers" "$@"

suffix=" --dir $(words "$dir")"
say "next:  $lab/status.sh$suffix    $lab/partition.sh 5    $lab/down.sh"
