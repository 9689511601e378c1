"""Writes test/golden/layers.json: outputs and gradients of PyTorch's layers, in the package's layouts.

Run: /usr/bin/python3 packages/tensor/test/golden/make_layers.py   (Debian: python3-torch)

Computed in float64 from inputs that are float32 numbers.
"""

import torch
import torch.nn.functional as F

from make import DOUBLE, SEED, draw, values, write

GENERATOR = torch.Generator().manual_seed(SEED + 20)
ROWS = []

# From [batch, channels, ...] to channels last, and of weights from PyTorch's order to the package's.
LAST = {3: (0, 2, 1), 4: (0, 2, 3, 1)}
HWIO, HWOI = (2, 3, 1, 0), (2, 3, 1, 0)


def last(t):
    return t.permute(LAST[t.dim()])


def add(name, layer, arguments, options, inputs, run, shown, output=lambda y: y):
    """`inputs` by name, x first; `run` makes y of them; `shown` turns each to the package's layout."""
    leaves = {key: t.clone().requires_grad_(t.is_floating_point()) for key, t in inputs.items()}
    y = run(**leaves)
    dy = draw(GENERATOR, *y.shape)
    y.backward(dy)
    turn = {key: shown.get(key, lambda t: t) for key in inputs}
    ROWS.append(
        {
            "name": name,
            "layer": layer,
            "arguments": arguments,
            "options": options,
            "x": values(turn["x"](inputs["x"])) if inputs["x"].is_floating_point() else inputs["x"].tolist(),
            "variables": {key: values(turn[key](t)) for key, t in inputs.items() if key != "x"},
            "y": values(output(y)),
            "dy": values(output(dy)),
            "gradients": {key: values(turn[key](leaf.grad)) for key, leaf in leaves.items() if leaf.grad is not None},
        }
    )


def convolutions():
    of = lambda *shape: draw(GENERATOR, *shape, scale=0.5)
    conv2d = {"x": last, "weight": lambda w: w.permute(HWIO)}
    for name, options, theirs, channels, filters, window in [
        ("valid", {"activation": "relu"}, {}, 2, 3, (3, 2)),
        ("strided, padded", {"strides": [2, 1], "padding": 1}, {"stride": (2, 1), "padding": 1}, 2, 2, (3, 3)),
        ("same", {"padding": "same"}, {"padding": "same"}, 1, 2, (3, 3)),
        ("dilated", {"dilation": 2, "padding": 2}, {"dilation": 2, "padding": 2}, 2, 2, (3, 3)),
        ("groups", {"groups": 2}, {"groups": 2}, 4, 2, (2, 2)),
    ]:
        inputs = {"x": of(2, channels, 5, 4), "weight": of(filters, channels // theirs.get("groups", 1), *window), "bias": of(filters)}
        act = torch.relu if "activation" in options else (lambda t: t)
        add(f"conv2d, {name}", "conv2d", [channels, filters, list(window)], options, inputs, lambda x, weight, bias: act(F.conv2d(x, weight, bias, **theirs)), conv2d, last)
    inputs = {"x": of(2, 2, 7), "weight": of(3, 2, 3), "bias": of(3)}
    conv1d = {"x": last, "weight": lambda w: w.permute(2, 1, 0)}
    add("conv1d, strided, padded", "conv1d", [2, 3, 3], {"stride": 2, "padding": 1}, inputs, lambda x, weight, bias: F.conv1d(x, weight, bias, stride=2, padding=1), conv1d, last)
    inputs = {"x": of(1, 2, 7), "weight": of(2, 2, 3), "bias": of(2)}
    add("conv1d, causal, dilated", "conv1d", [2, 2, 3], {"dilation": 2, "padding": "causal"}, inputs, lambda x, weight, bias: F.conv1d(F.pad(x, (4, 0)), weight, bias, dilation=2), conv1d, last)
    inputs = {"x": of(1, 3, 5, 5), "weight": of(6, 1, 3, 3), "bias": of(6)}
    # PyTorch's filter c · multiplier + m belongs to channel c.
    depthwise = {"x": last, "weight": lambda w: w.reshape(3, 2, 3, 3).permute(2, 3, 0, 1)}
    add("depthwiseConv2d", "depthwiseConv2d", [3, 3], {"multiplier": 2, "strides": 2, "padding": 1}, inputs, lambda x, weight, bias: F.conv2d(x, weight, bias, stride=2, padding=1, groups=3), depthwise, last)
    for name, window, options, theirs in [("strided", 3, {"strides": 2}, {"stride": 2}), ("strided, padded", 4, {"strides": 2, "padding": 1}, {"stride": 2, "padding": 1})]:
        inputs = {"x": of(1, 3, 3, 2), "weight": of(3, 2, window, window), "bias": of(2)}
        add(f"conv2dTranspose, {name}", "conv2dTranspose", [3, 2, window], options, inputs, lambda x, weight, bias: F.conv_transpose2d(x, weight, bias, **theirs), {"x": last, "weight": lambda w: w.permute(2, 3, 1, 0)}, last)


def pooling():
    x = {"x": draw(GENERATOR, 2, 2, 5, 5)}
    turn = {"x": last}
    add("maxPool2d", "maxPool2d", [2], {}, x, lambda x: F.max_pool2d(x, 2), turn, last)
    add("maxPool2d, overlapping, padded", "maxPool2d", [3], {"strides": 2, "padding": 1}, x, lambda x: F.max_pool2d(x, 3, 2, 1), turn, last)
    add("averagePool2d", "averagePool2d", [[2, 3]], {}, x, lambda x: F.avg_pool2d(x, (2, 3)), turn, last)
    add("averagePool2d, padded", "averagePool2d", [3], {"strides": 2, "padding": 1}, x, lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), turn, last)
    add("globalAveragePool", "globalAveragePool", [], None, x, lambda x: F.adaptive_avg_pool2d(x, 1).flatten(1), turn)
    add("globalMaxPool", "globalMaxPool", [], None, x, lambda x: F.adaptive_max_pool2d(x, 1).flatten(1), turn)


def normalizations():
    gains = lambda n: {"gamma": draw(GENERATOR, n), "beta": draw(GENERATOR, n)}
    add("layerNorm", "layerNormLayer", [6], {"epsilon": 1e-3}, {"x": draw(GENERATOR, 3, 6), **gains(6)}, lambda x, gamma, beta: F.layer_norm(x, (6,), gamma, beta, 1e-3), {})
    add("rmsNorm", "rmsNormLayer", [6], {}, {"x": draw(GENERATOR, 3, 6), "gamma": draw(GENERATOR, 6)}, lambda x, gamma: x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt() * gamma, {})
    add("groupNorm", "groupNormLayer", [6], {"groups": 2}, {"x": draw(GENERATOR, 2, 6, 2, 3), **gains(6)}, lambda x, gamma, beta: F.group_norm(x, 2, gamma, beta), {"x": last}, last)
    x = {"x": draw(GENERATOR, 4, 3, 2, 2), **gains(3)}
    running = {"mean": draw(GENERATOR, 3), "variance": draw(GENERATOR, 3).square()}
    for training in [True, False]:
        mean, variance = running["mean"].clone(), running["variance"].clone()
        run = lambda x, gamma, beta: F.batch_norm(x, mean, variance, gamma, beta, training, 0.2)
        add(f"batchNorm, {'training' if training else 'inference'}", "batchNormLayer", [3], {"decay": 0.8}, x, run, {"x": last}, last)
        ROWS[-1]["variables"].update({key: values(t) for key, t in running.items()})
        ROWS[-1]["after"] = {"mean": values(mean), "variance": values(variance)}
        ROWS[-1]["training"] = training


def sequences():
    of = lambda *shape: draw(GENERATOR, *shape, scale=0.5)
    ids = torch.tensor([[0, 3, 3], [1, 0, 3]])
    add("embedding", "embeddingLayer", [4, 2], {}, {"x": ids, "weight": of(4, 2)}, lambda x, weight: F.embedding(x, weight), {})

    def heads(q, k, v, n, mask=None):
        """By PyTorch's own multi-head attention, its projections done beforehand."""
        eye = torch.eye(q.shape[-1], dtype=DOUBLE)
        return F.multi_head_attention_forward(
            q.transpose(0, 1), k.transpose(0, 1), v.transpose(0, 1), q.shape[-1], n, torch.cat([eye] * 3), None, None, None, False, 0.0, eye, None, need_weights=False, attn_mask=mask
        )[0].transpose(0, 1)

    turn = {"qkv.weight": lambda t: t, "out.weight": lambda t: t}
    inputs = {"x": of(2, 4, 6), "qkv_weight": of(6, 18), "qkv_bias": of(18), "out_weight": of(6, 6), "out_bias": of(6)}

    def own(x, qkv_weight, qkv_bias, out_weight, out_bias):
        q, k, v = (x @ qkv_weight + qkv_bias).split(6, -1)
        return heads(q, k, v, 3, torch.full((4, 4), float("-inf"), dtype=DOUBLE).triu(1)) @ out_weight + out_bias

    add("attention, causal", "attention", [6], {"heads": 3, "causal": True}, inputs, own, turn)
    inputs = {"x": of(2, 3, 4), "memory": of(2, 5, 3), "query_weight": of(4, 4), "keyValue_weight": of(3, 8), "out_weight": of(4, 4)}

    def cross(x, memory, query_weight, keyValue_weight, out_weight):
        k, v = (memory @ keyValue_weight).split(4, -1)
        return heads(x @ query_weight, k, v, 2) @ out_weight

    add("attention, cross", "attention", [4], {"heads": 2, "memory": 3, "bias": False}, inputs, cross, turn)
    for row in ROWS[-2:]:
        for part in ("variables", "gradients"):
            row[part] = {key.replace("_", "."): value for key, value in row[part].items()}


def recurrent():
    """By the functions that PyTorch's own modules call, with weights turned: theirs are [n, inputs]."""
    of = lambda *shape: draw(GENERATOR, *shape, scale=0.5)

    def run(steps, first, x, weights, reverse, last_only):
        y = steps(x.flip(1) if reverse else x, first, weights, True, 1, 0.0, False, False, True)[0]
        return y[:, -1] if last_only else y.flip(1) if reverse else y

    for name, options, inputs, units in [("", {}, 3, 4), (", last, reverse", {"output": "last", "reverse": True}, 2, 3), (", reverse", {"reverse": True}, 2, 3)]:
        flags = (options.get("reverse", False), "output" in options)
        none = torch.zeros(1, 2, units, dtype=DOUBLE)
        n = 4 * units
        given = {"x": of(2, 6, inputs), "weight": of(inputs, n), "recurrent": of(units, n), "bias": of(n)}
        lstm = lambda x, weight, recurrent, bias: run(torch._VF.lstm, (none, none), x, [weight.T, recurrent.T, bias, torch.zeros(n, dtype=DOUBLE)], *flags)
        add(f"lstm{name}", "lstm", [inputs, units], options, given, lstm, {})
        n = 3 * units
        given = {"x": of(2, 6, inputs), "weight": of(inputs, n), "recurrent": of(units, n), "bias": of(n), "recurrentBias": of(n)}
        gru = lambda x, weight, recurrent, bias, recurrentBias: run(torch._VF.gru, none, x, [weight.T, recurrent.T, bias, recurrentBias], *flags)
        add(f"gru{name}", "gru", [inputs, units], options, given, gru, {})


if __name__ == "__main__":
    convolutions()
    pooling()
    normalizations()
    sequences()
    recurrent()
    write("layers", {"rows": ROWS}, script="make_layers.py")
