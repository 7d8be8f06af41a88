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


def bench(workload, seconds, *options):
    return run([programs / "backprop", "bench", here / f"{workload}.yaml", "--seconds", seconds, "--json", *options])


def step(result):
    """The median step, in milliseconds: on a shared machine the mean tells of the neighbours."""
    return result["stepMilliseconds"]["median"]


def speed(result):
    """Samples per second, by the median step."""
    return result["batch"] / step(result) * 1000
