#!/usr/bin/env python3
"""Measures what a slow worker adds beside a normal one: the throughput of each alone, of both, and both to the sum of the two.

usage: slow_worker.py [--times N] [--steps N] [--rounds R] [--set key=value ...] [WORKLOAD]

The slow worker computes everything N times (backprop-worker --times N). Each worker has a core of its own (taskset), and they connect by
TCP. Samples per second are those of the run's summary, medians over the rounds, which take turns.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

from measuring import here, programs

parser = argparse.ArgumentParser()
parser.add_argument("workload", nargs="?", default="mlp")
parser.add_argument("--times", type=int, default=5)
parser.add_argument("--steps", type=int, default=60)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--set", action="append", default=[], dest="sets", metavar="key=value")
options = parser.parse_args()


def throughput(workers, steps):
    """Samples per second of a run with these workers, each given by how often it computes everything."""
    with tempfile.TemporaryDirectory() as folder:
        sets = [part for one in [*options.sets, f"steps={steps}"] for part in ("--set", one)]
        coordinator = subprocess.Popen(
            [programs / "backprop", "coordinator", here / f"{options.workload}.yaml", "--listen", "127.0.0.1:0", "--http", "none",
             "--workers", f"{len(workers)}:{len(workers)}", "--run-dir", f"{folder}/run", *sets], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        address = next(word.strip(",;") for line in coordinator.stderr for word in line.split() if word.startswith("127.0.0.1:"))
        started = [
            subprocess.Popen(
                ["taskset", "-c", str(core), programs / "backprop-worker", "--coordinator", address, "--slots", "1", "--times", str(times)],
                stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            for core, times in enumerate(workers)]
        coordinator.stderr.read()
        for process in [coordinator, *started]:
            process.wait()
        return json.loads(pathlib.Path(folder, "run/summary.json").read_text())["samplesPerSecond"]


rounds = [
    (throughput([1], options.steps), throughput([options.times], options.steps // 2), throughput([1, options.times], options.steps))
    for _ in range(options.rounds)]
normal, slow, both = (statistics.median(values) for values in zip(*rounds))
part = statistics.median(b / (n + s) for n, s, b in rounds)
print(f"{options.workload} {' '.join(options.sets)}: normal {normal:,.0f} samples/s, {options.times} times slower {slow:,.0f}, "
      f"both {both:,.0f}: {part:.1%} of the sum")
