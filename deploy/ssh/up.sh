#!/usr/bin/env bash
# Starts a coordinator here and workers on the hosts of a file.
set -euo pipefail
# shellcheck source=deploy/ssh/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="up.sh RUN.yaml --hosts FILE [--slots N] [--dir DIR] [-- more options of 'backprop coordinator']     N: in all; default: the hosts'"

file='' list='' wanted=''
while (($# > 0)); do
  case $1 in
    --hosts) [[ -n ${2:-} ]] || usage_error "--hosts takes a file"; list=$2; shift 2 ;;
    --slots) number "${2:-}" --slots; wanted=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1' (options for the coordinator come after --)" ;;
    *) [[ -z $file ]] || usage_error "one run file, not '$file' and '$1'"; file=$1; shift ;;
  esac
done
[[ -n $file ]] || usage_error "which run file?"
[[ -f $file ]] || usage_error "there is no run file '$file'"
[[ -n $list ]] || usage_error "on which hosts? hosts.example shows what such a file is like"
[[ -f $list ]] || usage_error "there is no hosts file '$list'"
[[ $remote_root =~ ^[A-Za-z0-9._/-]+$ ]] || die "BACKPROP_REMOTE_DIR may have letters, digits, '.', '_', '-' and '/', not '$remote_root'"
command -v "${ssh[0]}" >/dev/null || die "there is no '${ssh[0]}'; install an ssh client, or say which with BACKPROP_SSH"

mkdir -p "$folder"
lock_cluster "$folder"
if alive coordinator; then
  say "it is up already, with $(counted "$(figure workersPresent || echo 0)" worker): http://$(<"$state/status.address")/status"
  say "scale.sh changes how many slots; down.sh ends it"
  exit 0
fi
[[ ! -e $state/hosts ]] || die "the coordinator in $dir has ended; down.sh tidies up on the hosts, then up.sh with '-- --resume' goes on"
need_binaries
parsed=$(read_hosts "$list")
begin
echo "$parsed" >"$state/hosts"
head -c 6 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$state/id"
[[ -n $wanted ]] || wanted=$(total_slots)
((wanted > 0)) || usage_error "at least one slot"
((wanted <= $(total_slots))) || { total=$(total_slots); tidy; die "the hosts have $(counted "$total" slot), not $wanted; see $list"; }

undo() { trap - EXIT; stop_all now; tidy; }
trap undo EXIT
(umask 077 && mkdir -p "$state/package/bin")
install -m 600 "$state/token" "$state/package/token"
cp "$here/agent.sh" "$state/package/"
tar -C "$bin" --exclude='*.pdb' --exclude='*.xml' -cf - . | tar -C "$state/package/bin" -xf -
say "copying $(du -sh "$state/package" | cut -f1) to $(counted "$(hosts | wc -l)" host) ..."
mapfile -t all < <(hosts)
each deploy "${all[@]}" || die "nothing was started; mend or remove the hosts named above"
resumed "$@"
{
  words "$(realpath "$here/down.sh")" --dir "$dir"
  echo "&&"
  words "$(realpath "$here/up.sh")" "$(realpath "$file")" --hosts "$(realpath "$list")" --slots "$wanted" --dir "$dir" -- "${again[@]}"
} | paste -sd ' ' >"$state/again"
say "starting the coordinator on this machine ..."
start_coordinator 127.0.0.1 "$file" "$@"
say "starting workers with $(counted "$wanted" slot) in all ..."
over=0
rescale "$wanted" || over=$?
case $over in
  0) trap - EXIT ;;
  3) say "the run is over: it was done before all had joined"; conclude; exit 0 ;;
  *) exit 1 ;;
esac
say "up: $(counted "$(figure workersPresent)" worker), status on http://$(<"$state/status.address")/status"
describe

suffix=''
[[ $dir == "$root/deploy/ssh/cluster" ]] || suffix=" --dir $(words "$dir")"
say "next:  $here/status.sh$suffix    $here/logs.sh$suffix -f    $here/scale.sh$suffix SLOTS    $here/down.sh$suffix"
