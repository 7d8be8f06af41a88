#!/usr/bin/env python3
"""Compares steps of worker processes with PyTorch's DDP of as many, in alternation, and prints the table that docs/performance.md has.

usage: compare_processes.py [--rounds R] [--seconds S] [--processes N] [--python PYTHON] [--peer SCRIPT] [WORKLOAD ...]

Needs what compare.py needs. Worker processes share memory with their coordinator where they can; by TCP they do what they would on machines of their own. Samples
per second are by each run's median step, ratios are medians over the rounds' ratios.
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


def step(results):
    return statistics.median(r["stepMilliseconds"]["median"] for r in results)


def ratio(these, those):
    return statistics.median(speed(a) / speed(b) for a, b in zip(these, those))


print("| workload | Backprop, samples/s | step, ms | in one process, ms | by TCP, ms | PyTorch DDP, samples/s | ratio | ratio by TCP "
      "| bytes by TCP, sent and received a step and worker, to parameters |")
print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
for workload in options.workloads:
    ours, tcp, peers, alone = [], [], [], []
    bench = [command, "bench", here / f"{workload}.yaml", "--seconds", options.seconds, "--json"]
    for _ in range(options.rounds):
        ours.append(run([*bench, "--processes", options.processes]))
        peers.append(run([options.python, options.peer, workload, "--workers", options.processes, "--seconds", options.seconds]))
        tcp.append(run([*bench, "--processes", options.processes, "--tcp"]))
        alone.append(run([*bench, "--workers", options.processes]))
    bytes_of = 4 * ours[0]["parameters"] * options.processes
    sent, received = (statistics.median(r[key] / bytes_of for r in tcp) for key in ("bytesSentPerStep", "bytesReceivedPerStep"))
    print(f"| {workload} | {statistics.median(map(speed, ours)):,.0f} | {step(ours):.3f} | {step(alone):.3f} | {step(tcp):.3f} | "
          f"{statistics.median(map(speed, peers)):,.0f} | {ratio(ours, peers):.2f} | {ratio(tcp, peers):.2f} | {sent:.3f}, {received:.3f} |", flush=True)
