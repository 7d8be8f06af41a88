#!/usr/bin/env bash
# Whether Arm64 ends with the weights of x64: the same training with the x64 build, and with the arm64 build, which qemu emulates.
# Everything is kept in one folder (about 400 MB). Needs no root, and the machine's own packages stay as they are. The first time it needs
# the network: for .NET's arm64 runtime and Debian's arm64 libraries.
set -euo pipefail
# shellcheck source=deploy/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck disable=SC2034 # usage_error says it
usage="arm.sh [RUN.yaml] [--seconds 1800] [--dir DIR] [-- more options of 'backprop train']
       RUN.yaml: examples/digits.yaml if none is named; --seconds: how long each training may take"

file='' seconds=1800 folder=$root/deploy/lab/arm
while (($# > 0)); do
  case $1 in
    --seconds) number "${2:-}" --seconds; seconds=$2; shift 2 ;;
    --dir) [[ -n ${2:-} ]] || usage_error "--dir takes a folder"; folder=$2; shift 2 ;;
    --) shift; break ;;
    -*) usage_error "unknown option '$1' (options for 'backprop train' come after --)" ;;
    *) [[ -z $file ]] || usage_error "one run file, not '$file' and '$1'"; file=$1; shift ;;
  esac
done
file=${file:-$root/examples/digits.yaml}
[[ -f $file ]] || usage_error "there is no run file '$file'"
((seconds > 0)) || usage_error "--seconds takes at least 1"
for option in "$@"; do
  case $option in
    --workers* | --processes* | --run-dir* | --resume | --overwrite | --quiet | --log*) usage_error "${option%%[=:]*} is set by this script" ;;
  esac
done

[[ $(uname -sm) == "Linux x86_64" ]] || die "this is '$(uname -sm)', and x64 is compared with Arm64: it takes Linux on an x64 processor"
command -v dotnet >/dev/null || die "there is no 'dotnet' to build with; install the .NET 10 SDK"

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
logs=$folder/logs libraries=$folder/root
while IFS= read -r name; do
  # Some of these are deleted below, so they must be this script's own.
  [[ $name =~ ^(apt|build|logs|qemu|qemu\.part|root|root\.part|runs)$ ]] \
    || die "$folder holds other things ($name); name an empty or a new folder with --dir"
done < <(ls -A "$folder")
exec 9<"$folder"
flock -n 9 || die "this script is at work in $folder already; wait for it, or name another folder with --dir"
mkdir -p "$logs"

child=''
# clean_up: what is whole stays for the next time. A training that is under way writes its checkpoint and ends.
clean_up() {
  if [[ -n $child ]]; then
    kill "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  rm -rf "$folder/apt" "$folder/qemu.part" "$folder/root.part"
}
trap clean_up EXIT
rm -rf "$folder/apt" "$folder/qemu.part" "$folder/root.part"

# --- what it takes ---

# get ARCHITECTURE FOLDER PACKAGE...: Debian's packages, unpacked; PACKAGE may be A|B, the first of them that there is. FOLDER is whole or
# not there. apt reads this machine's sources, but its lists, and its record of what is installed, are others: nothing of the machine's
# own apt and dpkg changes.
get() {
  local architecture=$1 where=$2 apt=$folder/apt wanted deb name
  shift 2
  rm -rf "$apt" "$where" "$where.part"
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/debs" "$where.part"
  : >"$apt/status"
  # The hooks are for the machine's own lists.
  cat >"$apt/apt.conf" <<END
#clear APT::Architectures;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
Acquire::Languages "none";
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
END
  # One of several sources may fail, and the packages be there all the same.
  apt-get -c "$apt/apt.conf" update >"$logs/apt.log" 2>&1 || true
  for wanted in "$@"; do
    for name in ${wanted//|/ }; do
      ! (cd "$apt/debs" && apt-get -c "$apt/apt.conf" download "$name") >>"$logs/apt.log" 2>&1 || continue 2
    done
    return 1
  done
  for deb in "$apt/debs"/*.deb; do
    dpkg-deb -x "$deb" "$where.part" >>"$logs/apt.log" 2>&1 || return 1
    # shellcheck disable=SC2016 # for dpkg-deb
    dpkg-deb -W --showformat='${Package} ${Version}\n' "$deb" >>"$where.part/packages" || return 1
  done
  # Newer packages have nothing in /lib, and count on the link that a whole system has.
  [[ -e $where.part/lib ]] || ln -s usr/lib "$where.part/lib"
  mv "$where.part" "$where"
  rm -rf "$apt"
}

# can_get: whether there is what get needs.
can_get() { command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; }

# find_qemu: sets $qemu to one that runs, the machine's or ours.
find_qemu() {
  local name
  for name in qemu-aarch64-static qemu-aarch64 "$folder"/qemu/usr/bin/qemu-aarch64{-static,}; do
    if qemu=$(command -v "$name") && "$qemu" --version >/dev/null 2>&1; then
      return 0
    fi
  done
  return 1
}

need_qemu() {
  local package advice="install qemu-aarch64 for user programs (Debian and Ubuntu: apt-get install qemu-user-static)"
  find_qemu && return
  can_get || die "there is no qemu-aarch64, and no apt-get and dpkg-deb to get Debian's with; $advice"
  say "there is no qemu-aarch64; getting Debian's ..."
  # Where qemu-user-static is an empty package, qemu-user has the programs.
  for package in qemu-user-static qemu-user; do
    if get "$(dpkg --print-architecture)" "$folder/qemu" "$package" && find_qemu; then
      # The package has forty processors.
      find "$folder/qemu" -name 'qemu-*' ! -name 'qemu-aarch64*' ! -type d -delete
      return 0
    fi
  done
  tail -n 8 "$logs/apt.log" >&2
  die "there is no qemu-aarch64, and Debian's cannot be had: the last words of apt-get are above. Is there a network? Or $advice"
}

# has_libraries: whether all that .NET loads is there.
has_libraries() {
  local name
  [[ -e $libraries/lib/ld-linux-aarch64.so.1 ]] || return 1
  for name in libc.so.6 libm.so.6 libstdc++.so.6 libgcc_s.so.1 libz.so.1 'libssl.so.*' 'libcrypto.so.*'; do
    compgen -G "$libraries/lib/aarch64-linux-gnu/$name" >/dev/null \
      || compgen -G "$libraries/usr/lib/aarch64-linux-gnu/$name" >/dev/null || return 1
  done
}

need_libraries() {
  local advice="get Debian's arm64 packages libc6, libgcc-s1, libstdc++6, zlib1g, libzstd1 and libssl3 (or libssl3t64) elsewhere, and \
unpack each with 'dpkg-deb -x' into $libraries"
  has_libraries && return
  can_get || die "there is no apt-get and dpkg-deb to get Debian's arm64 libraries with; $advice"
  say "getting Debian's arm64 libraries ..."
  # OpenSSL's package has another name in newer releases of Debian, and there it loads libzstd.
  if ! get arm64 "$libraries" libc6 libgcc-s1 libstdc++6 zlib1g libzstd1 'libssl3t64|libssl3'; then
    tail -n 8 "$logs/apt.log" >&2
    die "Debian's arm64 libraries cannot be had: the last words of apt-get are above. Is there a network, and do the sources in /etc/apt \
have packages for arm64 (Debian's do; Ubuntu has them on another server)? Or $advice"
  fi
  has_libraries || die "the packages do not hold the libraries that .NET loads; $advice"
}

# build NAME COMMAND...: with a folder of its own for all that the compiler writes, so that artifacts/ stays as it is. It is run each time:
# both sides are to be of the sources as they are now, and where nothing has changed it takes seconds.
build() {
  local name=$1
  shift
  say "building for $name ..."
  # A build that was cut short is thrown away.
  [[ ! -e $folder/build/$name.part ]] || rm -rf "$folder/build/$name"
  mkdir -p "$folder/build"
  : >"$folder/build/$name.part"
  # Without build servers: this is to leave no process behind.
  if ! dotnet "$@" -c Release --artifacts-path "$folder/build/$name" -v quiet -nologo --disable-build-servers \
    >"$logs/build-$name.log" 2>&1 9<&-; then
    cat "$logs/build-$name.log" >&2
    die "the build for $name failed, as said above; the first time it needs the network, for NuGet packages (arm64: also .NET's runtime)"
  fi
  rm "$folder/build/$name.part"
}

# processor_of FILE: for which one it was compiled, as its ELF header says.
processor_of() {
  [[ $(od -An -tx1 -N4 "$1" | tr -d ' ') == 7f454c46 ]] || { echo none; return; }
  case $(od -An -tu2 -j18 -N2 --endian=little "$1" | tr -d ' ') in
    62) echo x64 ;;
    183) echo Arm64 ;;
    *) echo other ;;
  esac
}

# is_for PROCESSOR FILE...: else it would not be the comparison that it says it is.
is_for() {
  local processor=$1 program found
  shift
  for program in "$@"; do
    [[ -r $program ]] || die "there is no $program"
    found=$(processor_of "$program")
    [[ $found == "$processor" ]] || die "$program is no $processor program; its ELF header says '$found'"
  done
}

# --- the trainings ---

declare -A hashes hardware

# train NAME WORDS WORKERS COMMAND...: to its end. Sets hashes[NAME-WORKERS] and hardware[NAME-WORKERS], and says them.
train() {
  local name=$1-$3 words workers=$3 begun=$SECONDS status=0 output log steps
  words="$2, $(counted "$3" worker)"
  output=$logs/$name.out log=$logs/$name.log
  shift 3
  say "training on $words ..."
  # In the background, so that this script hears when it is to end. The runtime's diagnostic sockets would outlive a process that is killed.
  DOTNET_EnableDiagnostics=${DOTNET_EnableDiagnostics:-0} timeout -k 10 "$seconds" "$@" --workers "$workers" \
    --run-dir "$folder/runs/$name" --overwrite >"$output" 2>"$log" </dev/null 9<&- &
  child=$!
  wait "$child" || status=$?
  child=''
  ((status != 124)) || die "it is not done after $seconds s; --seconds waits longer, and '-- --stop-at STEP' makes it shorter"
  if ((status != 0)); then
    tail -n 8 "$log" >&2
    die "the training on $words ended with exit code $status; its last words are above, all of them are in $log"
  fi
  hashes[$name]=$(grep -oE '^weights sha256 [0-9a-f]{64}$' "$output" | cut -d' ' -f3) || die "it names no weights; see $output"
  hardware[$name]=$(grep -m 1 -oE '(no|[0-9]+-bit) vectors, fused multiply-add in .*' "$log") \
    || die "it does not say with which vectors it computed; see $log"
  steps=$(grep -oE ' after step [0-9]+' "$output" | tail -n 1 | grep -oE '[0-9]+$') \
    || die "it does not say how many steps it did; see $output"
  ((steps > 0)) || die "it did no step, so there is nothing to compare"
  say "  ${hardware[$name]}; $(counted "$steps" step) in $((SECONDS - begun)) s"
  say "  weights sha256 ${hashes[$name]}"
}

need_qemu
need_libraries
if [[ -z ${BACKPROP_BIN:-} ]]; then
  build x64 build "$root/Backprop.Coordinator"
  bin=$folder/build/x64/bin/Backprop.Coordinator/release
fi
build arm64 publish "$root/Backprop.Coordinator" -r linux-arm64 --self-contained
published=$folder/build/arm64/publish/Backprop.Coordinator/release_linux-arm64
is_for x64 "$bin/backprop"
is_for Arm64 "$published"/{backprop,libcoreclr.so,libclrjit.so} "$libraries/lib/ld-linux-aarch64.so.1"
say "emulator: $("$qemu" --version | head -n 1)"
[[ ! -e $libraries/packages ]] || say "arm64 libraries: $(paste -sd, "$libraries/packages" | sed 's/,/, /g')"

train x64 "x64" 1 "$bin/backprop" train "$file" "$@"
for workers in 1 2; do
  train arm64 "Arm64 (emulated)" "$workers" "$qemu" -L "$libraries" "$published/backprop" train "$file" "$@"
  # x64 has wider vectors, unless they are switched off; without fused multiply-add it would be no Arm64 processor that .NET knows.
  [[ ${hardware[arm64-$workers]} == "128-bit vectors, fused multiply-add in hardware" ]] \
    || die "an Arm64 process computes with 128-bit vectors and fused multiply-add; this one says '${hardware[arm64-$workers]}'"
done

differ=0
for workers in 1 2; do
  if [[ ${hashes[arm64-$workers]} != "${hashes[x64-1]}" ]]; then
    say "different: ${hashes[arm64-$workers]} on Arm64 (emulated) with $(counted "$workers" worker), ${hashes[x64-1]} on x64 with 1 worker"
    differ=1
  fi
done
((differ == 0)) || exit 1
say "equal: ${hashes[x64-1]} on x64 with 1 worker and on Arm64 (emulated) with 1 and 2"
