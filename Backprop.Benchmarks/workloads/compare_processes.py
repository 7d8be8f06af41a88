#!/usr/bin/env python3
"""Compares steps of worker processes with PyTorch's DDP of as many, in alternation, and prints the table that docs/performance.md has.

usage: compare_processes.py [--rounds R] [--seconds S] [--processes N] [--python PYTHON] [--peer SCRIPT] [WORKLOAD ...]

Needs what compare.py needs. Samples per second are by each run's median step, the ratio is the median over the rounds' ratios.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent
parser = argparse.ArgumentParser()
parser.add_argument("workloads", nargs="*", default=["digits", "mlp", "wide"])
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--seconds", type=float, default=4)
parser.add_argument("--processes", type=int, default=2)
parser.add_argument("--python", default="/usr/bin/python3")
parser.add_argument("--peer", default=here / "peer_torch.py")
options = parser.parse_args()
command = root / "artifacts/bin/Backprop.Coordinator/release/backprop"
if not command.exists():
    sys.exit("build first: dotnet build -c Release")


def run(arguments):
    output = subprocess.run([str(a) for a in arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def speed(result):
    return result["batch"] / result["stepMilliseconds"]["median"] * 1000


print("| workload | Backprop, samples/s | step, ms | in one process, ms | PyTorch DDP, samples/s | ratio | bytes sent, received a step and worker, to parameters |")
print("| --- | --- | --- | --- | --- | --- | --- |")
for workload in options.workloads:
    ours, peers, alone, last = [], [], [], {}
    for _ in range(options.rounds):
        last = run([command, "bench", here / f"{workload}.yaml", "--processes", options.processes, "--seconds", options.seconds, "--json"])
        ours.append(last)
        peers.append(run([options.python, options.peer, workload, "--workers", options.processes, "--seconds", options.seconds]))
        alone.append(run([command, "bench", here / f"{workload}.yaml", "--workers", options.processes, "--seconds", options.seconds, "--json"]))
    bytes_of = 4 * last["parameters"] * options.processes
    ratio = statistics.median(speed(a) / speed(b) for a, b in zip(ours, peers))
    print(f"| {workload} | {statistics.median(map(speed, ours)):,.0f} | {statistics.median(r['stepMilliseconds']['median'] for r in ours):.3f} | "
          f"{statistics.median(r['stepMilliseconds']['median'] for r in alone):.3f} | {statistics.median(map(speed, peers)):,.0f} | {ratio:.2f} | "
          f"{last['bytesSentPerStep'] / bytes_of:.3f}, {last['bytesReceivedPerStep'] / bytes_of:.3f} |", flush=True)
