#!/usr/bin/env python3
"""Compares whole training steps with PyTorch's, in alternation, and prints the table that docs/performance.md has.

usage: compare.py [--rounds R] [--seconds S] [--python PYTHON] [WORKLOAD ...]

Needs the Release build of Backprop and a Python that has torch (Debian: /usr/bin/python3 with python3-torch). In each round every way runs once, one
after the other; samples per second are the medians over the rounds of each run's median step. With two workers PyTorch gets the best of its three
ways: one worker, one process with two threads, two DDP processes. Peak memory is that of the largest single process.
"""
import argparse
import statistics

from measuring import bench, here, run, speed

parser = argparse.ArgumentParser()
parser.add_argument("workloads", nargs="*", default=["digits", "mlp", "wide"])
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--seconds", type=float, default=4)
parser.add_argument("--python", default="/usr/bin/python3")
options = parser.parse_args()


def ours(workload, workers):
    return bench(workload, options.seconds, "--workers", workers)


def peer(workload, workers, threads):
    return run([options.python, here / "peer_torch.py", workload, "--workers", workers, "--threads", threads, "--seconds", options.seconds])


WAYS = {
    "ours 1": lambda w: ours(w, 1), "peer 1": lambda w: peer(w, 1, 1), "ours 2": lambda w: ours(w, 2),
    "peer 2 threads": lambda w: peer(w, 1, 2), "peer 2 DDP": lambda w: peer(w, 2, 1),
}
print("| workload | workers | Backprop, samples/s | PyTorch, samples/s | ratio | Backprop MiB | PyTorch MiB | bytes allocated a step |")
print("| --- | --- | --- | --- | --- | --- | --- | --- |")
for workload in options.workloads:
    speeds, memory, allocated = {w: [] for w in WAYS}, {w: [] for w in WAYS}, {}
    for _ in range(options.rounds):
        for way, measure in WAYS.items():
            result = measure(workload)
            speeds[way].append(speed(result))
            memory[way].append(result["peakMemoryBytes"] / 2**20)
            allocated[way] = result.get("allocatedBytesPerStep")
    median = {way: statistics.median(s) for way, s in speeds.items()}
    best = max(("peer 1", "peer 2 threads", "peer 2 DDP"), key=median.get)
    for mine, theirs, workers in (("ours 1", "peer 1", 1), ("ours 2", best, 2)):
        # Round by round, so that the machine's slow minutes fall on both.
        ratio = statistics.median(a / b for a, b in zip(speeds[mine], speeds[theirs]))
        print(f"| {workload} | {workers} | {median[mine]:,.0f} | {median[theirs]:,.0f} ({theirs[5:]}) | {ratio:.2f} | "
              f"{statistics.median(memory[mine]):.0f} | {statistics.median(memory[theirs]):.0f} | {allocated[mine]} |", flush=True)
