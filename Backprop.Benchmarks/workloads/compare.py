#!/usr/bin/env python3
"""Compares whole training steps with the peers', in alternation, and prints the table that docs/performance.md has.

usage: compare.py [--rounds R] [--seconds S] [--python PYTHON] [WORKLOAD ...]

Needs the Release build of Backprop and a Python that has torch (Debian: /usr/bin/python3 with python3-torch). TorchSharp is built the first
time, which takes minutes, and left out where it cannot be. In each round every way runs once, one after the other; samples per second are
the medians over the rounds of each run's median step. One worker is compared with the best peer of one thread, two with the best of all
the peers' ways. Peak memory is that of the largest single process.
"""
import argparse
import statistics
import subprocess

from measuring import bench, describe, here, peer, speed

parser = argparse.ArgumentParser()
parser.add_argument("workloads", nargs="*", default=["digits", "mlp", "wide"])
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--seconds", type=float, default=4)
parser.add_argument("--python", default="/usr/bin/python3")
options = parser.parse_args()
PYTORCH, TORCHSHARP = [options.python, here / "peer_torch.py"], [here / "torchsharp/run.sh"]


def ours(workers):
    return lambda workload: bench(workload, options.seconds, "--workers", workers)


def theirs(program, *how):
    return lambda workload: peer(program, workload, options.seconds, *how)


WAYS = {
    "ours 1": ours(1), "PyTorch 1": theirs(PYTORCH), "TorchSharp 1": theirs(TORCHSHARP), "ours 2": ours(2),
    "PyTorch 2 threads": theirs(PYTORCH, "--threads", 2), "TorchSharp 2 threads": theirs(TORCHSHARP, "--threads", 2),
    "PyTorch 2 DDP": theirs(PYTORCH, "--workers", 2),
}
peers = [peer(PYTORCH, "digits", 0)]
try:
    peers.append(peer(TORCHSHARP, "digits", 0))
except subprocess.CalledProcessError:
    print("TorchSharp cannot be built or run here and is left out; Backprop.Benchmarks/workloads/torchsharp/build.sh says why.")
    WAYS = {way: measure for way, measure in WAYS.items() if "TorchSharp" not in way}
print(f"{describe(*peers)}\n")
print("| workload | workers | Backprop, samples/s | best peer, samples/s | ratio | Backprop MiB | peer MiB | bytes allocated a step |")
print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
for workload in options.workloads:
    speeds, memory, allocated = {w: [] for w in WAYS}, {w: [] for w in WAYS}, {}
    for _ in range(options.rounds):
        for way, measure in WAYS.items():
            result = measure(workload)
            speeds[way].append(speed(result))
            memory[way].append(result["peakMemoryBytes"] / 2**20)
            allocated[way] = result.get("allocatedBytesPerStep")
    median = {way: statistics.median(s) for way, s in speeds.items()}
    every = [way for way in WAYS if not way.startswith("ours")]
    for mine, candidates, workers in (("ours 1", [way for way in every if way.endswith(" 1")], 1), ("ours 2", every, 2)):
        best = max(candidates, key=median.get)
        # Round by round, so that the machine's slow minutes fall on both.
        ratio = statistics.median(a / b for a, b in zip(speeds[mine], speeds[best]))
        print(f"| {workload} | {workers} | {median[mine]:,.0f} | {median[best]:,.0f} ({best}) | {ratio:.2f} | "
              f"{statistics.median(memory[mine]):.0f} | {statistics.median(memory[best]):.0f} | {allocated[mine]} |", flush=True)
