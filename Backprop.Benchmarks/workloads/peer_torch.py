#!/usr/bin/env python3
"""The peer of compare.py: PyTorch trains one of the workloads on the CPU and prints one line of JSON.

usage: peer_torch.py digits|mlp|wide [--workers N] [--threads T] [--seconds S]

One worker trains alone; more are DistributedDataParallel over gloo, a process each. Settings favour PyTorch: float32, the batch is made once
and used again (no data is gathered), gradients are set to None, each worker has threads of its own, OpenBLAS takes the processor's best
kernels. The scripts that compare add settings of memory (measuring.py).
"""
import argparse
import ctypes
import json
import os
import pathlib
import resource
import time

parser = argparse.ArgumentParser()
parser.add_argument("workload", choices=["digits", "mlp", "wide"])
parser.add_argument("--workers", type=int, default=1)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--seconds", type=float, default=5)
options = parser.parse_args()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)

# OpenBLAS may take old kernels on a processor that is newer than itself: Debian 12's 0.3.21 has a fifth of its speed on newer ones of Intel.
# So what the processor can do says which kernels run, unless the user does. DDP's processes inherit it.
cpuinfo = pathlib.Path("/proc/cpuinfo")
if cpuinfo.exists() and {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd"} <= set(cpuinfo.read_text().split()):
    os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")

import torch  # noqa: E402  (what is set above is read when it loads)
from torch import distributed, multiprocessing, nn  # noqa: E402

# widths of the layers, batch, optimizer
WORKLOADS = {
    "digits": ([64, 128, 64, 10], 256, lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9)),
    "mlp": ([784, 512, 512, 10], 512, lambda p: torch.optim.AdamW(p, lr=1e-3)),
    "wide": ([1024, 4096, 4096, 10], 256, lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9)),
}


def kernels():
    """Which kernels OpenBLAS has taken; None where torch has another library for its products."""
    try:
        library = ctypes.CDLL("libopenblas.so.0", mode=os.RTLD_NOLOAD)
    except OSError:
        return None
    library.openblas_get_corename.restype = ctypes.c_char_p
    return f"OpenBLAS' kernels for {library.openblas_get_corename().decode()}"


def train(rank, results):
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    widths, batch, make_optimizer = WORKLOADS[options.workload]
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    parameters = sum(p.numel() for p in model.parameters())
    if options.workers > 1:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ.setdefault("MASTER_PORT", "29531")
        distributed.init_process_group("gloo", rank=rank, world_size=options.workers)
        model = nn.parallel.DistributedDataParallel(model)
    optimizer = make_optimizer(model.parameters())
    rows = batch // options.workers
    inputs, labels = torch.randn(rows, widths[0]), torch.randint(0, widths[-1], (rows,))
    criterion = nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad(set_to_none=True)
        criterion(model(inputs), labels).backward()
        optimizer.step()

    for _ in range(10):
        step()
    start = time.perf_counter()
    for _ in range(3):
        step()
    # Every worker must do the same number of steps: the first one's pace decides.
    pace = torch.tensor([(time.perf_counter() - start) / 3])
    if options.workers > 1:
        distributed.broadcast(pace, 0)
    times = []
    for _ in range(max(10, int(options.seconds / pace.item()))):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    if rank == 0:
        total = sum(times)
        times.sort()
        results.put({
            "peer": f"torch {torch.__version__}", "workload": options.workload, "workers": options.workers, "threads": options.threads,
            "kernels": kernels(), "allocator": os.environ.get("GLIBC_TUNABLES"),
            "parameters": parameters, "batch": batch, "steps": len(times),
            "stepMilliseconds": {"median": round(times[len(times) // 2] * 1e3, 4), "p95": round(times[int(len(times) * 0.95)] * 1e3, 4)},
            "samplesPerSecond": round(batch * len(times) / total, 1),
            "peakMemoryBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        })


if __name__ == "__main__":
    queue = multiprocessing.get_context("spawn").SimpleQueue()
    if options.workers == 1:
        train(0, queue)
    else:
        multiprocessing.spawn(train, args=(queue,), nprocs=options.workers)
    print(json.dumps(queue.get()))
