"""Evaluates programs in PyTorch: reads one JSON object a line, answers each with one."""

import json
import struct
import sys
import base64

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
DTYPES = {"float32": (torch.float32, "<f4"), "int32": (torch.int32, "<i4"), "bool": (torch.bool, "?")}


def prod(x, axes, keep):
    for axis in sorted(axes, reverse=True):
        x = torch.prod(x, axis, keep)
    return x


def shift(x, axis, value):
    """One place on along an axis, with a value before."""
    first = torch.full_like(x.narrow(axis, 0, 1), value)
    return torch.cat([first, x.narrow(axis, 0, x.shape[axis] - 1)], axis)


def at(x, index):
    """What NumPy picks by an index, which may step backwards."""
    return x.flatten()[torch.from_numpy(np.asarray(index).astype(np.int64).copy())]


def indexed(x, pick):
    return at(x, pick(np.arange(x.numel()).reshape(x.shape)))


def mirrored(x, widths, mode):
    return at(x, np.pad(np.arange(x.numel()).reshape(x.shape), widths, mode=mode))


def weights(shape):
    count = int(np.prod(shape)) if len(shape) else 1
    index = np.arange(count)
    value = ((index * 7) % 5) * 0.3 - 0.6
    value[value == 0] = 0.9
    return torch.from_numpy(value.astype(np.float32).reshape(shape))


def plain(value):
    value = value.detach()
    if value.dtype in (torch.int64, torch.int32):
        value = value.to(torch.int32)
    name = {torch.int32: "int32", torch.bool: "bool"}.get(value.dtype, "float32")
    if name == "float32":
        value = value.float()
    data = base64.b64encode(value.contiguous().numpy().tobytes()).decode()
    return {"shape": list(value.shape), "dtype": name, "data": data}


def evaluate(program):
    # Floats as doubles: what tfjs gives is then compared with the right values.
    x = []
    for entry in program["inputs"]:
        dtype, code = DTYPES[entry["dtype"]]
        array = np.frombuffer(base64.b64decode(entry["data"]), dtype=code).reshape(entry["shape"]).copy()
        tensor = torch.from_numpy(array)
        x.append(tensor.double().requires_grad_(program["gradient"]) if dtype == torch.float32 else tensor)
    outputs = eval(program["torch"], {"torch": torch, "F": F, "np": np, "x": x, **helpers})
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    answer = {"outputs": [plain(value) for value in outputs], "gradients": []}
    if program["gradient"]:
        floats = [value for value in outputs if value.dtype.is_floating_point]
        total = sum((value * weights(list(value.shape)).double()).sum() for value in floats)
        sources = [value for value in x if value.dtype.is_floating_point]
        grads = torch.autograd.grad(total, sources, allow_unused=True)
        answer["gradients"] = [plain(torch.zeros_like(source) if grad is None else grad) for source, grad in zip(sources, grads)]
    return answer


helpers = {"prod": prod, "shift": shift, "indexed": indexed, "mirrored": mirrored}
for line in sys.stdin:
    try:
        answer = evaluate(json.loads(line))
    except Exception as error:  # whatever PyTorch refuses
        answer = {"outputs": [], "gradients": [], "error": str(error)}
    print(json.dumps(answer), flush=True)
