#!/usr/bin/env bash
# Builds the TorchSharp peer once, into artifacts/torchsharp, and again where a file here is newer. The first time it gets the package
# (a gigabyte on the disk); it needs a C compiler. It fails, and says why, where the peer cannot be had.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../../../artifacts/torchsharp
program=$out/bin/TorchSharpPeer/release_linux-x64
if [ -f "$out/ready" ] && [ -z "$(find "$here" -type f -newer "$out/ready")" ]; then
  exit 0
fi
rm -rf "$out"
mkdir -p "$out"
dotnet build "$here/TorchSharpPeer.csproj" -c Release --artifacts-path "$out" -v quiet -nologo >&2

# libLibTorchSharp.so was linked with a newer libstdc++ than Debian 12's, of which it names one symbol. The built copy may start without it,
# and preload.c gives the symbol. With a newer libstdc++ neither changes anything.
python3 "$here/weaken.py" "$program/libLibTorchSharp.so" GLIBCXX_3.4.32
cc -shared -fPIC -O2 -Wl,--version-script="$here/preload.map" -o "$out/preload.so" "$here/preload.c"
touch "$out/ready"
