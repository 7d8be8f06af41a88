"""The measuring parts of the disturbances: kills, a stopped worker, and the verdict on a run. Only the standard library."""

import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Cluster:
    """A cluster's folder, as the scripts in deploy/local keep it."""

    def __init__(self, folder):
        self.folder = folder
        self.connection = None

    def read(self, name):
        with open(os.path.join(self.folder, "state", name), encoding="ascii") as file:
            return file.read().strip()

    def workers(self):
        """Name and process of each worker that lives."""
        found = []
        for file in sorted(os.listdir(os.path.join(self.folder, "state"))):
            if file.startswith("worker-") and file.endswith(".pid"):
                pid, start = self.read(file).split()
                if started(pid) == start:
                    found.append((file[:-4], int(pid)))
        return found

    def status(self):
        """The status page; the connection is kept, so that asking often costs little."""
        for attempt in (1, 2):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection(self.read("status.address"), timeout=10)
                self.connection.request("GET", "/status")
                return json.load(self.connection.getresponse())
            except (OSError, http.client.HTTPException):
                self.connection = None
                if attempt == 2:
                    raise SystemExit("the coordinator is gone: the run is over, or has failed; see its log") from None

    def step(self):
        return self.status()["step"]

    def scale(self, count):
        subprocess.run([os.path.join(HERE, "..", "local", "scale.sh"), str(count), "--dir", self.folder],
                       check=True, stdout=subprocess.DEVNULL)


def started(pid):
    """When a process began, in clock ticks since the machine's start; None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def kills(folder, count, workers):
    """Kills random workers and times the next commits."""
    cluster = Cluster(folder)
    firsts, seconds, steps = [], [], []
    for kill in range(1, count + 1):
        time.sleep(random.uniform(0.5, 1.5))
        steps.append(cluster.status()["medianStepMilliseconds"])
        name, pid = random.choice(cluster.workers())
        os.kill(pid, signal.SIGKILL)
        begun = time.monotonic()
        # What was committed before this answer is not counted, so the times are rather too long than too short.
        before = cluster.step()
        times = []
        while len(times) < 2:
            now = cluster.step()
            while len(times) < 2 and now > before + len(times):
                times.append((time.monotonic() - begun) * 1000)
            if time.monotonic() - begun > 60:
                raise SystemExit(f"kill {kill}: no commit within 60 s")
            time.sleep(0.0005)
        firsts.append(times[0])
        seconds.append(times[1])
        print(f"kill {kill}: {name}; next commit after {times[0]:.1f} ms, the one after it after {times[1]:.1f} ms", flush=True)
        cluster.scale(workers)
    status = cluster.status()
    step = statistics.median(steps)
    print(f"kill to the next commit: median {statistics.median(firsts):.1f} ms, longest {max(firsts):.1f} ms "
          f"(to the one after it: median {statistics.median(seconds):.1f} ms, longest {max(seconds):.1f} ms)")
    print(f"a step takes {step:.1f} ms (median); workers lost {status['workersLost']}, "
          f"shards computed again {status['shardsComputedAgain']}, answers dropped {status['answersDropped']}")
    met = statistics.median(firsts) <= step + 50
    print(f"aim, median at most a step + 50 ms = {step + 50:.1f} ms: {'met' if met else 'MISSED'}")
    return met


def stop(folder, seconds, limit):
    """Stops a worker for a while; the longest pause between commits is what its silence cost."""
    cluster = Cluster(folder)
    there = cluster.status()["workersPresent"]
    name, pid = random.choice(cluster.workers())
    os.kill(pid, signal.SIGSTOP)
    begun = last = time.monotonic()
    step, pauses = cluster.step(), []
    try:
        while time.monotonic() - begun < seconds:
            now = cluster.step()
            if now > step:
                pauses.append(time.monotonic() - last)
                step, last = now, time.monotonic()
            time.sleep(0.005)
    finally:
        os.kill(pid, signal.SIGCONT)
    pauses.append(time.monotonic() - last)
    print(f"{name} was stopped for {seconds} s: longest pause between commits {max(pauses):.2f} s, "
          f"pauses over 0.5 s: {sum(p > 0.5 for p in pauses)}", flush=True)
    begun = time.monotonic()
    while cluster.status()["workersPresent"] < there:
        if time.monotonic() - begun > 60:
            raise SystemExit(f"{name} did not come back within 60 s")
        time.sleep(0.05)
    print(f"{name} takes part again {time.monotonic() - begun:.1f} s after it went on")
    met = max(pauses) <= limit + 0.5 and sum(p > 0.5 for p in pauses) <= 1
    print(f"aim, at most the heartbeat limit of {limit} s, once: {'met' if met else 'MISSED'}")
    return met


def check_ledger(run, binary):
    """Every step once, in order, with every shard once; every sample of each epoch once. Gives the steps, or says what is wrong."""
    with open(os.path.join(run, "ledger.jsonl"), encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    plan = subprocess.Popen([binary, "plan", os.path.join(run, "run.yaml"), "--steps", str(len(lines))],
                            stdout=subprocess.PIPE, text=True)
    epoch, seen, computed = 0, set(), set()
    for number, line in enumerate(lines, start=1):
        planned = json.loads(plan.stdout.readline())
        if line["step"] != number or planned["step"] != number:
            raise SystemExit(f"the ledger's line {number} is step {line['step']}")
        taken = sorted((first, last) for _, first, last in line["spans"])
        computed.update(worker for worker, _, _ in line["spans"])
        if [shard for first, last in taken for shard in range(first, last + 1)] != list(range(len(planned["shards"]))):
            raise SystemExit(f"step {number} has not every shard once: {taken}")
        ids = [sample for shard in planned["shards"] for sample in shard]
        if line["samples"] != len(ids):
            raise SystemExit(f"step {number} has {line['samples']} samples, not {len(ids)}")
        if planned["epoch"] != epoch:
            # A sample too few in an epoch is one too many elsewhere: epochs are of one length.
            epoch, seen = planned["epoch"], set()
        if not seen.isdisjoint(ids) or len(set(ids)) != len(ids):
            raise SystemExit(f"a sample of step {number} was in epoch {epoch} before")
        seen.update(ids)
    plan.kill()
    plan.wait()
    plan.stdout.close()
    return len(lines), len(computed)


def verdict(folder, bin_folder):
    """Compares a run with an undisturbed one in one process."""
    binary = os.path.join(bin_folder, "backprop")
    run, alone = os.path.join(folder, "run"), os.path.join(folder, "run", "undisturbed")
    with open(os.path.join(run, "summary.json"), encoding="utf-8") as file:
        disturbed = json.load(file)
    steps, computed = check_ledger(run, binary)
    if steps != disturbed["steps"]:
        raise SystemExit(f"the summary says {disturbed['steps']} steps, the ledger {steps}")
    print(f"ledger: {steps} steps, each once; every shard and every sample once; computed by {computed} workers", flush=True)
    ended = subprocess.run([binary, "train", os.path.join(run, "run.yaml"), "--stop-at", str(steps), "--run-dir", alone, "--overwrite"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if ended.returncode != 0:
        raise SystemExit(f"the undisturbed run ended with {ended.returncode}: {ended.stderr[-500:]}")
    with open(os.path.join(alone, "summary.json"), encoding="utf-8") as file:
        undisturbed = json.load(file)
    same = disturbed["weightsSha256"] == undisturbed["weightsSha256"]
    print(f"weights {disturbed['weightsSha256']}, undisturbed {undisturbed['weightsSha256']}: {'the same' if same else 'DIFFERENT'}")
    return same


def main(words):
    command, folder = words[0], words[1]
    if command == "kills":
        return kills(folder, int(words[2]), int(words[3]))
    if command == "stop":
        return stop(folder, float(words[2]), float(words[3]))
    if command == "verdict":
        return verdict(folder, words[2])
    raise SystemExit(f"chaos.py: '{command}' is none of kills, stop, verdict")


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
