"""Trains exported models for a few steps in plain PyTorch and prints the losses: what the engine's own are compared with.

    python3 twenty_steps.py FOLDER > recorded.json

FOLDER holds a folder for each case: case.json (layers, loss, optimizer, schedule, clipping, and the samples of each batch),
weights.safetensors (the first weights), features.f32 and targets.f32 or labels.i32 (raw, little-endian). TorchParityTests writes it,
and keeps it in the folder that the environment variable BACKPROP_PARITY_FOLDER names. Ends with exit code 77 where there is no PyTorch.
"""

import json
import math
import pathlib
import struct
import sys

try:
    import torch
except ImportError:
    sys.exit(77)

ACTIVATIONS = {
    "relu": torch.nn.ReLU,
    "sigmoid": torch.nn.Sigmoid,
    "tanh": torch.nn.Tanh,
    "softmax": lambda: torch.nn.Softmax(dim=1),
    "flatten": torch.nn.Flatten,
}


def read_raw(path, dtype):
    return torch.frombuffer(bytearray(path.read_bytes()), dtype=dtype)


def read_safetensors(path):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    tensors = {}
    for name, entry in json.loads(content[8 : 8 + length]).items():
        if name != "__metadata__":
            first, end = entry["data_offsets"]
            data = bytearray(content[8 + length + first : 8 + length + end])
            tensors[name] = torch.frombuffer(data, dtype=torch.float32).reshape(entry["shape"])
    return tensors


def make_model(layers, inputs, weights):
    modules = []
    for layer in layers:
        if layer["kind"] == "linear":
            modules.append(torch.nn.Linear(inputs, layer["out"], bias=layer["bias"]))
            inputs = layer["out"]
        else:
            modules.append(ACTIVATIONS[layer["kind"]]())
    model = torch.nn.Module()
    model.layers = torch.nn.Sequential(*modules)
    model.load_state_dict(weights)  # strict: names and shapes are PyTorch's
    return model


def make_optimizer(spec, parameters):
    kind = spec["kind"]
    common = {"lr": spec["rate"], "weight_decay": spec["weightDecay"]}
    if kind == "sgd":
        return torch.optim.SGD(parameters, **common)
    if kind in ("momentum", "nesterov"):
        return torch.optim.SGD(parameters, momentum=spec["momentum"], nesterov=kind == "nesterov", **common)
    adam = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind]
    return adam(parameters, betas=(spec["beta1"], spec["beta2"]), eps=spec["epsilon"], **common)


def make_schedule(spec, optimizer, total):
    kind = spec["kind"]
    if kind == "step":
        return torch.optim.lr_scheduler.StepLR(optimizer, spec["everySteps"], spec["factor"])
    if kind == "exponential":
        return torch.optim.lr_scheduler.ExponentialLR(optimizer, spec["decay"])

    def factor(step):
        if kind == "constant":
            return 1.0
        warmup = spec["warmupSteps"]
        if step < warmup:
            return (step + 1) / warmup
        done = (step - warmup) / (total - warmup)
        if kind == "linear":
            return 1 - done
        return spec["floor"] + (1 - spec["floor"]) * (1 + math.cos(math.pi * done)) / 2

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def train(folder):
    case = json.loads((folder / "case.json").read_text())
    features = read_raw(folder / "features.f32", torch.float32).reshape(-1, case["inputs"])
    if case["loss"] == "cross-entropy":
        targets = read_raw(folder / "labels.i32", torch.int32).long()
        loss_of = torch.nn.functional.cross_entropy
    else:
        targets = read_raw(folder / "targets.f32", torch.float32).reshape(len(features), -1)
        loss_of = torch.nn.functional.mse_loss
    model = make_model(case["layers"], case["inputs"], read_safetensors(folder / "weights.safetensors"))
    optimizer = make_optimizer(case["optimizer"], model.parameters())
    schedule = make_schedule(case["schedule"], optimizer, len(case["batches"]))
    losses = []
    for batch in case["batches"]:
        optimizer.zero_grad()
        loss = loss_of(model.layers(features[batch]), targets[batch])
        loss.backward()
        if case["clip"] is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), case["clip"])
        optimizer.step()
        schedule.step()
        losses.append(float(f"{loss.item():.9g}"))
    return losses


def main():
    torch.set_num_threads(1)
    folders = sorted(path for path in pathlib.Path(sys.argv[1]).iterdir() if path.is_dir())
    lines = [f'    "{folder.name}": {json.dumps(train(folder))}' for folder in folders]
    print(f'{{\n  "torch": "{torch.__version__}",\n  "losses": {{\n' + ",\n".join(lines) + "\n  }\n}")


if __name__ == "__main__":
    main()
