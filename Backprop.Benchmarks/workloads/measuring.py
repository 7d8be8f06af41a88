"""What the scripts here that measure have in common: where the programs are, how one is run, and what its speed is."""
import json
import pathlib
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
programs = here.parent.parent / "artifacts/bin/Backprop.Coordinator/release"
if not (programs / "backprop").exists():
    sys.exit("build first: dotnet build -c Release")


def run(arguments):
    """Runs a command to its end; the object that its last line is."""
    output = subprocess.run([str(a) for a in arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def peer(program, workload, seconds, *options):
    """Runs a peer, given by the start of its command."""
    return run([*program, workload, "--seconds", seconds, *options])


def describe(*results):
    """One line: what the peers are and how they are set, as they say themselves."""
    peers = "; ".join(f"{result['peer']} with {result.get('kernels') or 'kernels of its own choice'}" for result in results)
    return f"Peers: {peers}."


def bench(workload, seconds, *options):
    return run([programs / "backprop", "bench", here / f"{workload}.yaml", "--seconds", seconds, "--json", *options])


def step(result):
    """The median step, in milliseconds: on a shared machine the mean tells of the neighbours."""
    return result["stepMilliseconds"]["median"]


def speed(result):
    """Samples per second, by the median step."""
    return result["batch"] / step(result) * 1000
