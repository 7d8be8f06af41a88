"""The measuring parts of the disturbances: kills, a stopped worker, and the verdict on a run. Only the standard library."""

import bisect
import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time

FRESH = 0.1  # seconds that the coordinator shows the same status page for
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
        """Name and process of each worker that lives: the children of the nodes."""
        found = []
        for file in sorted(os.listdir(os.path.join(self.folder, "state"))):
            if file.startswith("node-") and file.endswith(".pid"):
                pid, start = self.read(file).split()
                if started(pid) == start:
                    found += children(pid)
        return found

    def log(self):
        """What the node that coordinates has logged."""
        with open(os.path.join(self.folder, "logs", "node-1.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def run(self):
        with open(os.path.join(self.folder, "logs", "run"), encoding="ascii") as file:
            return os.path.join(self.folder, file.read().strip())

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

    def looks(self, seconds):
        """When how many steps were committed, as often as the page is new."""
        found, until = [], time.monotonic() + seconds
        while time.monotonic() < until:
            begun = time.monotonic()
            step = self.step()
            found.append(((begun + time.monotonic()) / 2, step))
            time.sleep(FRESH + random.uniform(0.005, 0.03))
        return found


def started(pid):
    """When a process began, in clock ticks since the machine's start; None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def children(pid):
    """Name and process of each worker that a process has started."""
    found = []
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        for task in tasks:
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                for child in file.read().split():
                    with open(f"/proc/{child}/cmdline", encoding="utf-8", errors="replace") as line:
                        words = line.read().split("\0")
                    if "--name" in words:
                        found.append((words[words.index("--name") + 1], int(child)))
    except OSError:
        pass  # It ended meanwhile.
    return sorted(found)


def kills(folder, count, workers):
    """Kills random workers, and writes down when, beside looks at the status page before and after; its node starts another."""
    cluster = Cluster(folder)
    written, back = [], []
    for kill in range(1, count + 1):
        looks = cluster.looks(random.uniform(1, 1.5))
        joined = cluster.status()["workersJoined"]
        name, pid = random.choice(cluster.workers())
        os.kill(pid, signal.SIGKILL)
        at = time.monotonic()
        time.sleep(FRESH * random.random())
        while True:
            looks += cluster.looks(FRESH)
            status = cluster.status()
            if status["workersJoined"] > joined and status["workersPresent"] >= workers:
                break
            if time.monotonic() - at > 60:
                raise SystemExit(f"{name} did not come back within 60 s")
        back.append(time.monotonic() - at)
        looks += cluster.looks(max(0.0, at + 1.2 - time.monotonic()))
        written.append({"name": name, "at": at, "looks": looks})
        print(f"kill {kill}: {name}, near step {looks[0][1]}; it took part again {back[-1]:.1f} s later", flush=True)
    status = cluster.status()
    print(f"workers lost {status['workersLost']}, shards computed again {status['shardsComputedAgain']}, "
          f"answers dropped {status['answersDropped']}")
    told = cluster.log().count("SIGKILL")
    print(f"the log names SIGKILL {told} times for {count} kills: {'met' if told >= count else 'MISSED'}")
    median = statistics.median(back)
    print(f"kill to taking part again, warm: median {median:.1f} s, longest {max(back):.1f} s; aim, median at most 3 s: "
          f"{'met' if median <= 3 else 'MISSED'}")
    with open(os.path.join(folder, "logs", "kills.json"), "w", encoding="ascii") as file:
        json.dump(written, file)
    return told >= count and median <= 3


def churn(folder, seconds, most, binary):
    """Each second a random worker is killed; each fifth the cluster is scaled. The nodes are to stay up."""
    cluster = Cluster(folder)
    begun, killed, scaled, least = time.monotonic(), 0, 0, None
    for second in range(1, seconds + 1):
        there = cluster.workers()
        if there:
            os.kill(random.choice(there)[1], signal.SIGKILL)
            killed += 1
        if second % 5 == 0:
            ask(cluster, binary, "scale", str(random.randint(1, most)))
            scaled += 1
        step = cluster.step()
        least = step if least is None else least
        time.sleep(max(0.0, begun + second - time.monotonic()))
    nodes = json.loads(ask(cluster, binary, "nodes", "--json"))["nodes"]
    lost = sum(word in cluster.log() for word in ("cannot be reached", "is gone"))
    up = all(node["state"] == "up" for node in nodes) and not lost
    print(f"{killed} workers killed, scaled {scaled} times, steps {least} to {cluster.step()}; "
          f"nodes {', '.join(node['node']['name'] + ' ' + node['state'] for node in nodes)}: {'met' if up else 'MISSED'}")
    return up


def ask(cluster, binary, *command):
    """A command of backprop, asked of the first node."""
    with open(os.path.join(cluster.folder, "nodes", "1.address"), encoding="ascii") as file:
        node = file.read().strip()
    return subprocess.run([os.path.join(binary, "backprop"), *command, "--node", node,
                           "--token-file", os.path.join(cluster.folder, "state", "token")],
                          check=True, stdout=subprocess.PIPE, text=True).stdout


def place_commits(commits, at, looks):
    """When steps were committed, by the clock of the looks: the ledger says how long each step took, a look that so many had been.

    A look bounds the moment of the commit before it and of the one after it; many looks together, near enough. An evaluation between
    steps is in no step, so looks that contradict each other are left out, the farthest from the kill first. Gives the earliest and the
    latest offset from the ledger's sums to the clock.
    """
    while True:
        low = max(when - commits[step + 1] for when, step in looks if step + 1 < len(commits))
        high = min(when - commits[step] for when, step in looks)
        if low <= high or len(looks) <= 2:
            return min(low, high), max(low, high)
        looks = sorted(looks, key=lambda look: abs(look[0] - at))[:-1]


def times(folder):
    """From each kill to the next commit, from the ledger and the looks."""
    with open(os.path.join(folder, "logs", "kills.json"), encoding="ascii") as file:
        written = json.load(file)
    durations = [line["milliseconds"]["step"] / 1000 for line in ledger(Cluster(folder).run())]
    commits = [0.0]
    for duration in durations:
        commits.append(commits[-1] + duration)
    firsts, seconds, doubts = [], [], []
    for number, kill in enumerate(written, start=1):
        low, high = place_commits(commits, kill["at"], kill["looks"])
        offset = (low + high) / 2
        after = bisect.bisect_right(commits, kill["at"] - offset)
        if after + 1 >= len(commits):
            raise SystemExit("the run ended too soon after the last kill")
        firsts.append((commits[after] + offset - kill["at"]) * 1000)
        seconds.append((commits[after + 1] + offset - kill["at"]) * 1000)
        doubts.append((high - low) / 2 * 1000)
        print(f"kill {number}: {kill['name']}; step {after} was committed {firsts[-1]:.1f} ms later, step {after + 1} "
              f"{seconds[-1]:.1f} ms later (each +-{doubts[-1]:.1f})")
    step = statistics.median(durations) * 1000
    print(f"kill to the next commit: median {statistics.median(firsts):.1f} ms, longest {max(firsts):.1f} ms")
    print(f"to the one after it, of a step begun after the kill: median {statistics.median(seconds):.1f} ms, longest {max(seconds):.1f} ms")
    met = statistics.median(firsts) <= step + 50
    print(f"a step takes {step:.1f} ms (median); aim, median at most a step + 50 ms = {step + 50:.1f} ms: {'met' if met else 'MISSED'}")
    return met


def stop(folder, seconds):
    """Stops a worker for a while, and waits until it takes part again."""
    cluster = Cluster(folder)
    there = cluster.status()["workersPresent"]
    name, pid = random.choice(cluster.workers())
    before = cluster.step()
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(seconds)
        after = cluster.step()
    finally:
        os.kill(pid, signal.SIGCONT)
    begun = time.monotonic()
    time.sleep(2 * FRESH)
    while cluster.status()["workersPresent"] < there:
        if time.monotonic() - begun > 60:
            raise SystemExit(f"{name} did not come back within 60 s")
        time.sleep(FRESH)
    print(f"{name} was stopped for {seconds} s, from step {before} to step {after}; "
          f"it took part again within {time.monotonic() - begun:.1f} s after it went on")
    with open(os.path.join(folder, "logs", "stop.json"), "w", encoding="ascii") as file:
        json.dump([before, after], file)
    return True


def pauses(folder, limit):
    """What a stopped worker cost: the longest steps meanwhile."""
    with open(os.path.join(folder, "logs", "stop.json"), encoding="ascii") as file:
        before, after = json.load(file)
    durations = [line["milliseconds"]["step"] / 1000 for line in ledger(Cluster(folder).run())]
    meanwhile = durations[before:after + 1]
    usual, longest, long = statistics.median(durations), max(meanwhile), sum(step > 0.5 for step in meanwhile)
    met = longest <= limit + 0.5 and long <= 1
    print(f"meanwhile the longest step took {longest:.2f} s, {long} took more than 0.5 s; usually {usual * 1000:.1f} ms")
    print(f"aim, at most the heartbeat limit of {limit} s, once: {'met' if met else 'MISSED'}")
    return met


def ledger(run):
    with open(os.path.join(run, "ledger.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def check_ledger(run, binary):
    """Every step once, in order, with every shard once; every sample of each epoch once. Gives the steps, or says what is wrong."""
    lines = ledger(run)
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


def verdict(bin_folder, runs):
    """Compares a run, of which several nodes may have a copy, with an undisturbed one in one process."""
    binary, undisturbed = os.path.join(bin_folder, "backprop"), {}
    same = True
    for run in runs:
        print(f"{run}:", flush=True)
        same = verdict_on(run, binary, undisturbed) and same
    return same


def verdict_on(run, binary, undisturbed):
    """Compares one copy. What was computed undisturbed, by its number of steps, is computed once."""
    alone = os.path.join(run, "undisturbed")
    with open(os.path.join(run, "summary.json"), encoding="utf-8") as file:
        disturbed = json.load(file)
    steps, computed = check_ledger(run, binary)
    if steps != disturbed["steps"]:
        raise SystemExit(f"the summary says {disturbed['steps']} steps, the ledger {steps}")
    print(f"ledger: {steps} steps, each once; every shard and every sample once; computed by {computed} workers", flush=True)
    if steps not in undisturbed:
        ended = subprocess.run(
            [binary, "train", os.path.join(run, "run.yaml"), "--stop-at", str(steps), "--run-dir", alone, "--overwrite"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if ended.returncode != 0:
            raise SystemExit(f"the undisturbed run ended with {ended.returncode}: {ended.stderr[-500:]}")
        with open(os.path.join(alone, "summary.json"), encoding="utf-8") as file:
            undisturbed[steps] = json.load(file)["weightsSha256"]
    same = disturbed["weightsSha256"] == undisturbed[steps]
    print(f"weights {disturbed['weightsSha256']}, undisturbed {undisturbed[steps]}: {'the same' if same else 'DIFFERENT'}", flush=True)
    return same


def main(words):
    command, folder, rest = words[0], words[1], words[2:]
    if command == "kills":
        return kills(folder, int(rest[0]), int(rest[1]))
    if command == "churn":
        return churn(folder, int(rest[0]), int(rest[1]), rest[2])
    if command == "times":
        return times(folder)
    if command == "stop":
        return stop(folder, float(rest[0]))
    if command == "pauses":
        return pauses(folder, float(rest[0]))
    if command == "verdict":
        return verdict(folder, rest)
    raise SystemExit(f"chaos.py: '{command}' is none of kills, times, churn, stop, pauses, verdict")


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
