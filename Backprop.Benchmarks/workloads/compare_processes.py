#!/usr/bin/env python3
"""Compares steps of worker processes with PyTorch's DDP of as many, in alternation, and prints the table that docs/performance.md has.

usage: compare_processes.py [--rounds R] [--seconds S] [--processes N] [--python PYTHON] [--peer SCRIPT] [WORKLOAD ...]

Needs what compare.py needs, but for TorchSharp, which does not train in several processes. Worker processes share memory with their
coordinator where they can; by TCP they do what they would on machines of their own. Samples per second are by each run's median step,
ratios are medians over the rounds' ratios.
"""
import argparse
import statistics

from measuring import bench, describe, here, peer, speed, step

parser = argparse.ArgumentParser()
parser.add_argument("workloads", nargs="*", default=["digits", "mlp", "wide"])
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--seconds", type=float, default=4)
parser.add_argument("--processes", type=int, default=2)
parser.add_argument("--python", default="/usr/bin/python3")
parser.add_argument("--peer", default=here / "peer_torch.py")
options = parser.parse_args()
PYTORCH = [options.python, options.peer]


def steps(results):
    return statistics.median(map(step, results))


def ratio(these, those):
    return statistics.median(speed(a) / speed(b) for a, b in zip(these, those))


print(f"{describe(peer(PYTORCH, 'digits', 0))}\n")
print("| workload | Backprop, samples/s | step, ms | in one process, ms | by TCP, ms | PyTorch DDP, samples/s | ratio | ratio by TCP "
      "| bytes by TCP, sent and received a step and worker, to parameters |")
print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
for workload in options.workloads:
    ours, tcp, peers, alone = [], [], [], []
    processes = ["--processes", options.processes]
    for _ in range(options.rounds):
        ours.append(bench(workload, options.seconds, *processes))
        peers.append(peer(PYTORCH, workload, options.seconds, "--workers", options.processes))
        tcp.append(bench(workload, options.seconds, *processes, "--tcp"))
        alone.append(bench(workload, options.seconds, "--workers", options.processes))
    bytes_of = 4 * ours[0]["parameters"] * options.processes
    sent, received = (statistics.median(r[key] / bytes_of for r in tcp) for key in ("bytesSentPerStep", "bytesReceivedPerStep"))
    print(f"| {workload} | {statistics.median(map(speed, ours)):,.0f} | {steps(ours):.3f} | {steps(alone):.3f} | {steps(tcp):.3f} | "
          f"{statistics.median(map(speed, peers)):,.0f} | {ratio(ours, peers):.2f} | {ratio(tcp, peers):.2f} | {sent:.3f}, {received:.3f} |", flush=True)
