"""A network cable between namespaces, in user space, for kernels without netem.

wire.py WORKERS DELAY LOSS CUT: gives each of the namespaces bp0 to bpWORKERS a device 'wire0' and carries IPv4 packets between 10.77.0.1,
10.77.0.2, ... DELAY milliseconds late, each way; loses LOSS percent of them; and all of those of machine N while there is a file CUT/N, and
those from machine N to machine M while there is CUT/N-M.
"""

import collections
import ctypes
import fcntl
import os
import random
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
HELD = 100_000  # packets; more are dropped, as a queue would
LOOK = 0.02  # seconds between looks at CUT


def device(namespace):
    """A new wire0 in a namespace; it is there as long as this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{namespace}", "rb") as place:
        if libc.setns(place.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter the namespace {namespace}")
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", b"wire0", IFF_TUN | IFF_NO_PI))
    return descriptor


def carry(ends, delay, loss, cut_folder):
    """Forever: packets from one end to the end that they are for."""
    machine_of = {end: machine for machine, end in enumerate(ends)}
    on_the_way = collections.deque()
    cut, look_at = set(), 0.0
    while True:
        now = time.monotonic()
        if now >= look_at:
            cut, look_at = set(os.listdir(cut_folder)), now + LOOK
        while on_the_way and on_the_way[0][0] <= now:
            _, end, packet = on_the_way.popleft()
            send(end, packet)
        due = on_the_way[0][0] if on_the_way else look_at
        ready, _, _ = select.select(ends, [], [], max(0.0, min(due, look_at) - now))
        now = time.monotonic()
        for end in ready:
            for packet in received(end):
                to = packet[19] - 1 if len(packet) >= 20 and packet[0] >> 4 == 4 and packet[16:19] == b"\x0a\x4d\x00" else -1
                machine = machine_of[end]
                if (0 <= to < len(ends) and cut.isdisjoint((str(machine), str(to), f"{machine}-{to}"))
                        and len(on_the_way) < HELD and random.random() >= loss):
                    on_the_way.append((now + delay, ends[to], packet))


def received(end):
    """What waits there, a few at a time, so that no end starves the others."""
    for _ in range(64):
        try:
            yield os.read(end, 65536)
        except OSError:
            return


def send(end, packet):
    try:
        os.write(end, packet)
    except OSError:
        pass  # A full queue or a device that is down loses packets, as everywhere.


def main():
    workers, delay, loss, cut = int(sys.argv[1]), float(sys.argv[2]) / 1000, float(sys.argv[3]) / 100, sys.argv[4]
    carry([device(f"bp{machine}") for machine in range(workers + 1)], delay, loss, cut)


if __name__ == "__main__":
    main()
