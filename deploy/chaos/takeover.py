"""Kills, stops or flaps the node that coordinates, and measures how soon another goes on. Only the standard library."""

import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time

from chaos import started

HERE = os.path.dirname(os.path.abspath(__file__))
LOOK = 0.05  # seconds between two looks at the status pages


class Nodes:
    """The nodes of a cluster that deploy/local started, by number."""

    def __init__(self, folder):
        self.folder = folder

    def read(self, *name):
        try:
            with open(os.path.join(self.folder, *name), encoding="utf-8", errors="replace") as file:
                return file.read().strip()
        except OSError:
            return ""

    def numbers(self):
        return sorted(int(name.split(".")[0]) for name in os.listdir(os.path.join(self.folder, "nodes")) if name.endswith(".address"))

    def pid(self, number):
        words = self.read("state", f"node-{number}.pid").split()
        return int(words[0]) if words else 0

    def status(self, number):
        """The status page of a node; None where it does not answer. It shows the run that the node coordinates."""
        address = self.read("state", f"node-{number}.status")
        if not address:
            return None
        try:
            connection = http.client.HTTPConnection(address, timeout=1)
            connection.request("GET", "/status")
            return json.load(connection.getresponse())
        except (OSError, http.client.HTTPException, ValueError):
            return None

    def coordinating(self, but=()):
        """The number and the page of the node that trains the run; None where none does."""
        for number in self.numbers():
            if number not in but:
                page = self.status(number)
                if page and page["run"] and page["phase"] != "finished":
                    return number, page
        return None

    def entries(self, number):
        return self.read("nodes", str(number), "record", "entries.jsonl").count("\n")

    def words(self, number):
        """The command line of a node that lives."""
        with open(f"/proc/{self.pid(number)}/cmdline", encoding="utf-8") as file:
            return file.read().rstrip("\0").split("\0")

    def begin(self, number, words):
        """Starts this node alone: up.sh starts all that are missing. It is known to the scripts as the one before, by the same ports."""
        words[words.index("--http") + 1] = self.read("state", f"node-{number}.status")
        with open(os.path.join(self.folder, "logs", f"node-{number}.log"), "ab") as log:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        with open(os.path.join(self.folder, "state", f"node-{number}.pid"), "w", encoding="ascii") as file:
            file.write(f"{process.pid} {started(process.pid)}\n")

    def start(self, number):
        """As up.sh does: it keeps its folder and its ports."""
        subprocess.run([os.path.join(HERE, "..", "local", "up.sh"), "--nodes", str(max(self.numbers())), "--dir", self.folder,
                        "--coordinators", self.read("state", "coordinators") or "3", "--workers", self.read("state", "workers") or "1"],
                       check=True, stdout=subprocess.DEVNULL, close_fds=True)
        return number


def wait(what, until, seconds=60.0):
    """The first true answer, or the end with a sentence."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = until()
        if answer:
            return answer
        time.sleep(LOOK)
    raise SystemExit(f"{what}: not within {seconds:.0f} s")


def after(nodes, victim, last, begun, seconds=60.0):
    """From the blow to the first commit of any step, and to the first that was never committed before."""
    first = None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = nodes.coordinating(but=(victim,))
        if found:
            number, page = found
            now = time.monotonic() - begun
            if first is None and page["stepsCommitted"] > 0:
                first = now
            if first is not None and page["step"] > last:
                return number, first, now
        time.sleep(LOOK)
    raise SystemExit(f"nobody went on within {seconds:.0f} s after the blow to node-{victim}")


def settle(nodes):
    """All nodes are followers that have what the coordinator has, and the run goes on."""
    def settled():
        found = nodes.coordinating()
        if not found or found[1]["stepsCommitted"] == 0:
            return False
        most = nodes.entries(found[0])
        return all(nodes.entries(number) >= most - 1 for number in nodes.numbers() if os.path.isdir(
            os.path.join(nodes.folder, "nodes", str(number), "record")))
    wait("all nodes have the record", settled, 120)


def kills(folder, count):
    """Kills the coordinating node, again and again; each time it is started again, and follows."""
    nodes, takeovers, recoveries = Nodes(folder), [], []
    for kill in range(1, count + 1):
        settle(nodes)
        time.sleep(random.uniform(0.5, 5))
        victim, page = wait("a node coordinates", nodes.coordinating)
        begun = time.monotonic()
        os.kill(nodes.pid(victim), signal.SIGKILL)
        to, first, recovered = after(nodes, victim, page["step"], begun)
        takeovers.append(first)
        recoveries.append(recovered)
        print(f"kill {kill}: node-{victim} at step {page['step']}; node-{to} committed {first:.1f} s later, "
              f"a step that was never there {recovered:.1f} s later", flush=True)
        nodes.start(victim)
    return report(takeovers, recoveries)


def names(folder):
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()


def size(path):
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def moments(nodes, leader, followers):
    """The named points of a commit and of a checkpoint: what is seen from outside when one is reached, asked again and again."""
    run = nodes.read("logs", "run").split("/")[-1]

    def of(number, *name):
        return os.path.join(nodes.folder, "nodes", str(number), *name)

    def grows(paths):
        before = [size(path) for path in paths]
        return lambda: any(size(path) > was for path, was in zip(paths, before))

    def appears(folders, kind):
        before = [names(folder) for folder in folders]
        return lambda: any(kind(name) for folder, was in zip(folders, before) for name in names(folder) - was)
    checkpoints = [of(number, "runs", run, "checkpoints") for number in [leader, *followers]]
    records = [of(number, "record", "entries.jsonl") for number in [leader, *followers]]
    log = os.path.join(nodes.folder, "logs", f"node-{leader}.log")
    said = nodes.read("logs", f"node-{leader}.log").count("durable")
    return {
        "a step's line is written": grows([of(leader, "runs", run, "ledger.jsonl")]),
        "a checkpoint is being written": appears(checkpoints[:1], lambda name: name.endswith(".tmp")),
        "a checkpoint is written": appears(checkpoints[:1], lambda name: name.endswith(".safetensors") and not name.startswith(".")),
        "its entry is written": grows(records[:1]),
        "a follower fetches it": appears(checkpoints[1:], lambda name: name.endswith(".part")),
        "a follower has fetched it": appears(checkpoints[1:], lambda name: name.endswith(".safetensors")),
        "a follower has its entry": grows(records[1:]),
        "the promise is replaced": appears([of(leader, "record")], lambda name: name.endswith(".tmp")),
        "it is said to be durable": lambda: size(log) > 0 and nodes.read("logs", f"node-{leader}.log").count("durable") > said,
    }


def points(folder, rounds):
    """Kills the coordinating node at each named point of a commit and of a checkpoint."""
    nodes, takeovers, recoveries = Nodes(folder), [], []
    settle(nodes)
    first, _ = wait("a node coordinates", nodes.coordinating)
    for point in list(moments(nodes, first, [])) * rounds:
        settle(nodes)
        time.sleep(random.uniform(0.5, 2))
        victim, page = wait("a node coordinates", nodes.coordinating)
        pid = nodes.pid(victim)
        reached = moments(nodes, victim, [number for number in nodes.numbers() if number != victim])[point]
        end = time.monotonic() + 30
        while not reached():
            if time.monotonic() > end:
                raise SystemExit(f"'{point}' was not seen within 30 s")
        begun = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        to, first, recovered = after(nodes, victim, page["step"], begun)
        takeovers.append(first)
        recoveries.append(recovered)
        print(f"{point}: node-{victim} was killed; node-{to} committed {first:.1f} s later, a step that was never there {recovered:.1f} s "
              "later", flush=True)
        nodes.start(victim)
    return report(takeovers, recoveries)


def stops(folder, count, shortest, longest):
    """Stops the coordinating node for a while, and lets it go on: it is to follow, or to coordinate as before."""
    nodes, takeovers, recoveries = Nodes(folder), [], []
    for stop in range(1, count + 1):
        settle(nodes)
        time.sleep(random.uniform(0.5, 3))
        victim, page = wait("a node coordinates", nodes.coordinating)
        seconds = shortest * (longest / shortest) ** ((stop - 1) / max(count - 1, 1))
        pid, begun = nodes.pid(victim), time.monotonic()
        os.kill(pid, signal.SIGSTOP)
        told = ""
        try:
            if seconds > 8:
                to, first, recovered = after(nodes, victim, page["step"], begun)
                takeovers.append(first)
                recoveries.append(recovered)
                told = f"; node-{to} committed {first:.1f} s later"
            time.sleep(max(0.0, begun + seconds - time.monotonic()))
        finally:
            os.kill(pid, signal.SIGCONT)
        woken = time.monotonic()

        def one():
            pages = [(number, page) for number in nodes.numbers() if (page := nodes.status(number)) and page["run"]]
            return pages if len(pages) == 1 else None
        pages = wait("one node coordinates after the stop", one, 60)
        print(f"stop {stop}: node-{victim} for {seconds:.1f} s at step {page['step']}{told}; {time.monotonic() - woken:.1f} s after it "
              f"went on node-{pages[0][0]} alone coordinates", flush=True)
    return report(takeovers, recoveries) if takeovers else True


def all_at_once(folder, count):
    """Kills all nodes at once, and starts them again: the run goes on by itself."""
    nodes, times = Nodes(folder), []
    for kill in range(1, count + 1):
        settle(nodes)
        time.sleep(random.uniform(0.5, 5))
        _, page = wait("a node coordinates", nodes.coordinating)
        pids = [nodes.pid(number) for number in nodes.numbers()]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait("all are gone", lambda: not any(started(str(pid)) for pid in pids))
        begun = time.monotonic()
        nodes.start(1)
        found = wait("the run goes on", lambda: (f := nodes.coordinating()) and f[1]["stepsCommitted"] > 0 and f, 90)
        times.append(time.monotonic() - begun)
        print(f"all killed {kill}: at step {page['step']}; node-{found[0]} went on from step {found[1]['step']} {times[-1]:.1f} s after the "
              "start began", flush=True)
    return True


def flapping(folder, count, flapper):
    """Kills the coordinating node while another crashes and restarts every two seconds."""
    nodes, ending = Nodes(folder), threading.Event()

    def flap():
        while not ending.is_set():
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
            ending.wait(2)
            process.kill()
            process.wait()
    words = nodes.words(flapper)
    os.kill(nodes.pid(flapper), signal.SIGKILL)
    thread = threading.Thread(target=flap)
    thread.start()
    takeovers, recoveries = [], []
    try:
        for kill in range(1, count + 1):
            time.sleep(random.uniform(4, 8))
            victim, page = wait("a node coordinates", lambda: nodes.coordinating(but=(flapper,)))
            line, begun = nodes.words(victim), time.monotonic()
            os.kill(nodes.pid(victim), signal.SIGKILL)
            to, first, recovered = after(nodes, victim, page["step"], begun)
            takeovers.append(first)
            recoveries.append(recovered)
            print(f"kill {kill}: node-{victim} at step {page['step']} while node-{flapper} flaps; node-{to} committed {first:.1f} s later",
                  flush=True)
            nodes.begin(victim, line)
            wait("the killed node follows", lambda: nodes.entries(victim) >= nodes.entries(to) - 1)
    finally:
        ending.set()
        thread.join()
    return report(takeovers, recoveries)


def report(takeovers, recoveries):
    median, longest = statistics.median(takeovers), max(takeovers)
    print(f"takeover, to the first commit: median {median:.1f} s, longest {longest:.1f} s; to a step that was never committed: median "
          f"{statistics.median(recoveries):.1f} s, longest {max(recoveries):.1f} s")
    met = median <= 15 and longest <= 20
    print(f"aim, at most 15 s median and 20 s at most: {'met' if met else 'MISSED'}")
    return met


def main(words):
    command, folder, numbers = words[0], words[1], [float(word) for word in words[2:]]
    if command == "kills":
        return kills(folder, int(numbers[0]))
    if command == "points":
        return points(folder, int(numbers[0]))
    if command == "stops":
        return stops(folder, int(numbers[0]), numbers[1], numbers[2])
    if command == "all":
        return all_at_once(folder, int(numbers[0]))
    if command == "flapping":
        return flapping(folder, int(numbers[0]), int(numbers[1]))
    raise SystemExit(f"takeover.py: '{command}' is none of kills, points, stops, all, flapping")


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
