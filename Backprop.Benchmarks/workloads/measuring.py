"""What the scripts here that measure have in common: where the programs are, how one is run, and what its speed is."""
import json
import os
import pathlib
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
programs = here.parent.parent / "artifacts/bin/Backprop.Coordinator/release"
if not (programs / "backprop").exists():
    sys.exit("build first: dotnet build -c Release")

# The peers take memory for each step and free it. This keeps glibc from returning it to the system, which would clear it anew for the next
# step, and lets it use huge pages, as ours does: large networks train up to three times as fast. glibc reads it when a process starts.
PEER_MEMORY = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=8589934592"


def run(arguments, environment=None):
    """Runs a command to its end; the object that its last line is."""
    output = subprocess.run(
        [str(a) for a in arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment).stdout
    return json.loads(output.strip().splitlines()[-1])


def peer(program, workload, seconds, *options):
    """Runs a peer, given by the start of its command, with the settings that favour it."""
    return run([*program, workload, "--seconds", seconds, *options], {"GLIBC_TUNABLES": PEER_MEMORY, **os.environ})


def describe(*results):
    """One line: what the peers are and how they are set, as they say themselves."""
    peers = "; ".join(f"{result['peer']} with {result.get('kernels') or 'kernels of its own choice'}" for result in results)
    return f"Peers: {peers}. Memory: {results[0].get('allocator') or 'as the system has it'}."


def bench(workload, seconds, *options):
    return run([programs / "backprop", "bench", here / f"{workload}.yaml", "--seconds", seconds, "--json", *options])


def step(result):
    """The median step, in milliseconds: on a shared machine the mean tells of the neighbours."""
    return result["stepMilliseconds"]["median"]


def speed(result):
    """Samples per second, by the median step."""
    return result["batch"] / step(result) * 1000
