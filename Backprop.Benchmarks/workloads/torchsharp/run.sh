#!/usr/bin/env bash
# Runs the TorchSharp peer, once it is built: run.sh digits|mlp|wide [--threads T] [--seconds S]; one line of JSON.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../../../artifacts/torchsharp
"$here/build.sh"
LD_PRELOAD="$out/preload.so" exec "$out/bin/TorchSharpPeer/release_linux-x64/TorchSharpPeer" "$@"
