"""Writes the golden values of test/golden/*.json.

Run: /usr/bin/python3 packages/tensor/test/golden/make.py   (Debian: python3-torch)

Everything is computed in float64 from inputs that are float32 numbers, so that what a test sees is its own rounding.
The random numbers of `random.json` come from a Philox of this script's own, in Python's whole numbers.
"""

import itertools
import json
import math
import pathlib
import struct

import torch

SEED = 20260101
HERE = pathlib.Path(__file__).parent
DOUBLE = torch.float64


def write(name, content, script="make.py"):
    head = {"script": f"packages/tensor/test/golden/{script}", "torch": torch.__version__, "seed": SEED}
    (HERE / f"{name}.json").write_text(json.dumps({**head, **content}, separators=(",", ":")) + "\n")


def draw(generator, *shape, scale=1.0):
    """Normal float32 numbers, as float64."""
    return (torch.randn(*shape, generator=generator, dtype=torch.float32) * scale).to(DOUBLE)


def values(tensor):
    """Nested lists of numbers: float32 ones exactly, others to 10 digits. Non-finite ones can't be in JSON and must not occur."""
    assert torch.isfinite(tensor).all()
    tensor = tensor.detach()
    if torch.equal(tensor.float().to(DOUBLE), tensor):
        return tensor.tolist()

    def rounded(item):
        return [rounded(part) for part in item] if isinstance(item, list) else float(f"{item:.10g}")

    return rounded(tensor.tolist())


ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": torch.relu,
    "relu6": torch.nn.functional.relu6,
    "leakyRelu": lambda x: torch.nn.functional.leaky_relu(x, 0.01),
    "elu": torch.nn.functional.elu,
    "selu": torch.selu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": torch.nn.functional.softplus,
    "gelu": torch.nn.functional.gelu,
    "geluTanh": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "silu": torch.nn.functional.silu,
}


def activations():
    generator = torch.Generator().manual_seed(SEED)
    x = torch.cat([draw(generator, 20, scale=3.0), torch.tensor([-30.0, -8.0, -1e-3, 1e-3, 5.5, 6.5, 30.0], dtype=DOUBLE)])
    # 1e-3 is not a float32 number.
    x = x.float().to(DOUBLE)
    rows = {}
    for name, function in ACTIVATIONS.items():
        leaf = x.clone().requires_grad_()
        y = function(leaf)
        y.sum().backward()
        rows[name] = {"y": values(y), "gradient": values(leaf.grad)}
    write("activations", {"x": values(x), "rows": rows})


def mlp():
    generator = torch.Generator().manual_seed(SEED + 1)
    sizes = [5, 7, 6, 4]
    x = draw(generator, 8, sizes[0])
    weights = [draw(generator, a, b, scale=0.7) for a, b in zip(sizes, sizes[1:])]
    biases = [draw(generator, b, scale=0.3) for b in sizes[1:]]
    classes = torch.tensor([0, 1, 2, 3, 3, 2, 1, 1])
    target = draw(generator, 8, sizes[-1])
    losses = {
        "softmaxCrossEntropy": lambda out: torch.nn.functional.cross_entropy(out, classes),
        "softmaxCrossEntropySmoothed": lambda out: torch.nn.functional.cross_entropy(out, classes, label_smoothing=0.1),
        "meanSquaredError": lambda out: torch.nn.functional.mse_loss(out, target),
    }
    rows = []
    for activation, function in ACTIVATIONS.items():
        for loss, measure in losses.items():
            if loss != "softmaxCrossEntropy" and activation not in ("linear", "relu", "geluTanh"):
                continue
            leaves = [t.clone().requires_grad_() for t in [x, *weights, *biases]]
            out = leaves[0]
            for layer in range(3):
                out = out @ leaves[1 + layer] + leaves[4 + layer]
                if layer < 2:
                    out = function(out)
            value = measure(out)
            value.backward()
            rows.append({"activation": activation, "loss": loss, "value": value.item(), "gradients": [values(leaf.grad) for leaf in leaves]})
    inputs = {"x": values(x), "weights": [values(w) for w in weights], "biases": [values(b) for b in biases]}
    write("mlp", {**inputs, "classes": classes.tolist(), "target": values(target), "rows": rows})


def cross_entropy():
    generator = torch.Generator().manual_seed(SEED + 2)
    logits = draw(generator, 6, 5, scale=3.0)
    logits[4] = torch.tensor([1000.0, -1000.0, 0.0, 999.0, 500.0])
    logits[5] = torch.tensor([-80.0, -80.0, -80.0, -80.0, -80.0])
    classes = torch.tensor([0, 4, 2, 2, 3, 1])
    distributions = torch.softmax(draw(generator, 6, 5), 1).float().to(DOUBLE)
    rows = []
    for kind, labels in {"classes": classes, "distributions": distributions}.items():
        for smoothing in [0.0, 0.2]:
            for reduction in ["mean", "sum", "none"]:
                leaf = logits.clone().requires_grad_()
                loss = torch.nn.functional.cross_entropy(leaf, labels, reduction=reduction, label_smoothing=smoothing)
                upstream = torch.arange(1.0, 7.0, dtype=DOUBLE) if reduction == "none" else torch.tensor(1.0, dtype=DOUBLE)
                loss.backward(upstream)
                rows.append({"labels": kind, "labelSmoothing": smoothing, "reduction": reduction, "loss": values(loss), "gradient": values(leaf.grad)})
    write("cross-entropy", {"logits": values(logits), "classes": classes.tolist(), "distributions": values(distributions), "rows": rows})


def optimizers():
    generator = torch.Generator().manual_seed(SEED + 3)
    start = {"weight": draw(generator, 3, 4), "bias": draw(generator, 4)}
    gradients = [{"weight": draw(generator, 3, 4), "bias": draw(generator, 4)} for _ in range(10)]
    cases = {
        "sgd": ("SGD", {"lr": 0.1}, {"learningRate": 0.1}),
        "sgd momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}, {"learningRate": 0.1, "momentum": 0.9}),
        "sgd nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}, {"learningRate": 0.1, "momentum": 0.9, "nesterov": True}),
        "sgd weight decay": ("SGD", {"lr": 0.1, "weight_decay": 0.05}, {"learningRate": 0.1, "weightDecay": 0.05}),
        "sgd dampening": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}, {"learningRate": 0.1, "momentum": 0.9, "dampening": 0.3}),
        "sgd everything": (
            "SGD",
            {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01},
            {"learningRate": 0.05, "momentum": 0.8, "nesterov": True, "weightDecay": 0.01},
        ),
        "adam": ("Adam", {"lr": 0.01}, {"learningRate": 0.01}),
        "adam weight decay": ("Adam", {"lr": 0.01, "weight_decay": 0.1}, {"learningRate": 0.01, "weightDecay": 0.1}),
        "adam betas": ("Adam", {"lr": 0.02, "betas": (0.7, 0.9), "eps": 1e-3}, {"learningRate": 0.02, "beta1": 0.7, "beta2": 0.9, "epsilon": 1e-3}),
        "adamw": ("AdamW", {"lr": 0.01}, {"learningRate": 0.01}),
        "adamw weight decay": ("AdamW", {"lr": 0.01, "weight_decay": 0.2}, {"learningRate": 0.01, "weightDecay": 0.2}),
        "rmsprop": ("RMSprop", {"lr": 0.01}, {"learningRate": 0.01}),
        "rmsprop centered": ("RMSprop", {"lr": 0.01, "alpha": 0.9, "centered": True}, {"learningRate": 0.01, "decay": 0.9, "centered": True}),
        "rmsprop everything": (
            "RMSprop",
            {"lr": 0.01, "alpha": 0.8, "eps": 1e-3, "momentum": 0.7, "centered": True, "weight_decay": 0.1},
            {"learningRate": 0.01, "decay": 0.8, "epsilon": 1e-3, "momentum": 0.7, "centered": True, "weightDecay": 0.1},
        ),
        "adagrad": ("Adagrad", {"lr": 0.1}, {"learningRate": 0.1}),
        "adagrad everything": (
            "Adagrad",
            {"lr": 0.1, "weight_decay": 0.05, "initial_accumulator_value": 0.5, "eps": 1e-3},
            {"learningRate": 0.1, "weightDecay": 0.05, "initial": 0.5, "epsilon": 1e-3},
        ),
    }
    rows = []
    for name, (kind, theirs, ours) in cases.items():
        leaves = {key: value.clone().requires_grad_() for key, value in start.items()}
        optimizer = getattr(torch.optim, kind)(leaves.values(), **theirs)
        steps = []
        for step in gradients:
            for key, leaf in leaves.items():
                leaf.grad = step[key].clone()
            optimizer.step()
            steps.append({key: values(leaf) for key, leaf in leaves.items()})
        rows.append({"name": name, "optimizer": kind.lower(), "options": ours, "steps": steps})
    write("optimizers", {"start": {k: values(v) for k, v in start.items()}, "gradients": [{k: values(v) for k, v in g.items()} for g in gradients], "rows": rows})


def normalization():
    generator = torch.Generator().manual_seed(SEED + 4)
    x = draw(generator, 4, 3, 6, scale=2.0) + 1
    x = x.float().to(DOUBLE)
    gamma, beta, dy = draw(generator, 6), draw(generator, 6), draw(generator, 4, 3, 6)
    functional = torch.nn.functional
    cases = {
        "layerNorm": (functional.layer_norm, {"normalized_shape": [6]}, {}),
        "layerNorm epsilon": (functional.layer_norm, {"normalized_shape": [6], "eps": 0.5}, {"epsilon": 0.5}),
        "groupNorm": (functional.group_norm, {"num_groups": 2}, {"groups": 2}),
        "groupNorm by example": (functional.group_norm, {"num_groups": 1, "eps": 0.5}, {"groups": 1, "epsilon": 0.5}),
        "groupNorm by channel": (functional.group_norm, {"num_groups": 6}, {"groups": 6}),
        "batchNorm": (functional.batch_norm, {"running_mean": None, "running_var": None, "training": True}, {}),
        "rmsNorm": (None, {"eps": 1e-5}, {}),
        "rmsNorm epsilon": (None, {"eps": 0.5}, {"epsilon": 0.5}),
    }
    rows = []
    for name, (function, theirs, ours) in cases.items():
        leaves = [t.clone().requires_grad_() for t in [x, gamma, beta]]
        channels_last = not name.startswith(("group", "batch"))
        if function is None:
            # PyTorch 1.13 has no rms_norm yet.
            y = leaves[0] / torch.sqrt((leaves[0] ** 2).mean(-1, keepdim=True) + theirs["eps"]) * leaves[1]
        elif channels_last:
            y = function(leaves[0], weight=leaves[1], bias=leaves[2], **theirs)
        else:
            y = function(leaves[0].transpose(1, 2), weight=leaves[1], bias=leaves[2], **theirs).transpose(1, 2)
        y.backward(dy)
        gradients = [values(leaf.grad) for leaf in leaves if leaf.grad is not None]
        rows.append({"name": name, "op": name.split()[0], "options": ours, "y": values(y), "gradients": gradients})
    flat = x.reshape(-1, 6)
    statistics = {"mean": values(flat.mean(0)), "variance": values(flat.var(0, unbiased=False))}
    write("normalization", {"x": values(x), "gamma": values(gamma), "beta": values(beta), "dy": values(dy), "statistics": statistics, "rows": rows})


def attention():
    generator = torch.Generator().manual_seed(SEED + 5)
    q, k, v = draw(generator, 2, 2, 5, 3), draw(generator, 2, 2, 7, 3), draw(generator, 2, 2, 7, 4)
    dy = draw(generator, 2, 2, 5, 4)
    sees = torch.rand(2, 1, 5, 7, generator=generator) < 0.6
    sees[..., 0] = True
    bias = draw(generator, 2, 1, 7)
    causal = torch.ones(5, 7, dtype=torch.bool).tril()
    infinite = torch.tensor(float("-inf"), dtype=DOUBLE)
    none = torch.tensor(0.0, dtype=DOUBLE)
    cases = {
        "plain": (none, 3**-0.5, {}),
        "scaled": (none, 0.3, {"scale": 0.3}),
        "causal": (torch.where(causal, none, infinite), 3**-0.5, {"causal": True}),
        "of what it sees": (torch.where(sees, none, infinite), 3**-0.5, {"mask": "sees"}),
        "biased": (bias, 3**-0.5, {"mask": "bias"}),
        "causal and biased": (torch.where(causal, bias, infinite), 3**-0.5, {"causal": True, "mask": "bias"}),
        "dropout": (none, 3**-0.5, {"dropout": 0.25, "seed": 9}),
        "causal, biased and dropout": (torch.where(causal, bias, infinite), 3**-0.5, {"causal": True, "mask": "bias", "dropout": 0.5, "seed": 10}),
    }

    def kept(rate, seed):
        """What probabilities are multiplied by: 16 bits of Philox for each, in our order."""
        factors = torch.zeros(2, 2, 5, 7, dtype=DOUBLE)
        for example, head, query, key in itertools.product(range(2), range(2), range(5), range(7)):
            word = philox((key // 8, query, 2 * example + head, 0), (seed, 0))[key % 4]
            number = word % 2**16 if key % 8 < 4 else word // 2**16
            factors[example, head, query, key] = 1 / (1 - rate) if number >= rate * 2**16 else 0
        return factors

    rows = []
    for name, (mask, scale, options) in cases.items():
        leaves = [t.clone().requires_grad_() for t in [q, k, v]]
        p = torch.softmax(scale * leaves[0] @ leaves[1].transpose(2, 3) + mask, -1)
        y = (p * kept(options["dropout"], options["seed"]) if "dropout" in options else p) @ leaves[2]
        y.backward(dy)
        rows.append({"name": name, "options": options, "y": values(y), "gradients": [values(leaf.grad) for leaf in leaves]})
    inputs = {"q": values(q), "k": values(k), "v": values(v), "dy": values(dy), "sees": sees.int().tolist(), "bias": values(bias)}
    write("attention", {**inputs, "rows": rows})


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def single(number):
    return struct.unpack("<f", struct.pack("<f", number))[0]


def random():
    seed = 0x1234_89ABCDEF
    key = (seed & 0xFFFFFFFF, seed >> 32)
    words = [word for block in range(16) for word in philox((block, 0, 0, 0), key)]
    normals = []
    for radius, angle in zip(words[::2], words[1::2]):
        r = math.sqrt(-2 * math.log((radius + 1) / 2**32))
        normals += [r * math.cos(2 * math.pi * angle / 2**32), r * math.sin(2 * math.pi * angle / 2**32)]
    write(
        "random",
        {
            "key": seed,
            "words": words,
            "uniform": [(word >> 8) / 2**24 for word in words],
            "normal": [single(number) for number in normals],
            "rademacher": [1 if (words[i // 32] >> (i % 32)) & 1 else -1 for i in range(64)],
            "split": [philox((i, 0, 0, 1), key)[:2] for i in range(3)],
            "fold": [philox((i, 0, 0, 2), key)[:2] for i in range(3)],
        },
    )


if __name__ == "__main__":
    activations()
    mlp()
    cross_entropy()
    optimizers()
    normalization()
    attention()
    random()
def halves():
    """float32 numbers, as their bits, rounded to 16 bits: of every exponent, ties, one beside a tie, and what is too large."""
    generator = torch.Generator().manual_seed(SEED)
    words = torch.randint(-(2**31), 2**31, (160,), generator=generator).tolist()
    words += [0x38800000 + (step << 12) + off for step in range(24) for off in (-1, 0, 1)]  # around 2^-14, where F16 turns subnormal
    words += [0x3F800000 + (step << 15) + off for step in range(12) for off in (-1, 0, 1)]  # ties of BF16
    words += [0x33000000 + off for off in (-1, 0, 1)]  # half of F16's least
    words += [0x477FE000, 0x477FEFFF, 0x477FF000, 0x7F7F7FFF, 0x7F7F8000, 0x7F800000, 0x80000000, 0x80000001]
    words = [word % 2**32 for word in words]
    floats = torch.tensor([struct.unpack("f", struct.pack("I", word))[0] for word in words], dtype=torch.float32)
    keep = ~torch.isnan(floats)
    words = [word for word, kept in zip(words, keep.tolist()) if kept]

    def codes(dtype):
        return [code % 2**16 for code in floats[keep].to(dtype).view(torch.int16).tolist()]

    write("half", {"values": words, "F16": codes(torch.float16), "BF16": codes(torch.bfloat16)})


def imported():
    """State dicts of small networks, and what they compute; images are turned to channels last."""
    generator = torch.Generator().manual_seed(SEED)

    def plain(tensor):
        return {"shape": list(tensor.shape), "values": tensor.detach().reshape(-1).tolist()}

    def case(module, names, x, y):
        state = {name: plain(value) for name, value in module.state_dict().items()}
        return {"names": names, "state": state, "x": plain(x), "y": plain(y)}

    torch.manual_seed(SEED)
    cnn = torch.nn.Sequential()
    cnn.add_module("stem", torch.nn.Conv2d(2, 4, (3, 2)))
    cnn.add_module("norm", torch.nn.BatchNorm2d(4))
    cnn.add_module("each", torch.nn.Conv2d(4, 8, 2, groups=4))
    cnn.add_module("up", torch.nn.ConvTranspose2d(8, 3, 2, stride=2))
    cnn(torch.randn(8, 2, 6, 5, generator=generator))  # running statistics
    with torch.no_grad():
        cnn.norm.weight.copy_(torch.randn(4, generator=generator))
        cnn.norm.bias.copy_(torch.randn(4, generator=generator))
    cnn.eval()
    x = torch.randn(2, 2, 5, 4, generator=generator)
    last = (0, 2, 3, 1)
    mlp = torch.nn.Sequential(torch.nn.Linear(5, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
    v = torch.randn(4, 5, generator=generator)
    block = torch.nn.ModuleDict({"norm": torch.nn.LayerNorm(8), "heed": torch.nn.MultiheadAttention(8, 2, batch_first=True)})
    with torch.no_grad():
        block["heed"].in_proj_bias.copy_(torch.randn(24, generator=generator))
    t = torch.randn(2, 5, 8, generator=generator)
    n = block["norm"](t)
    rnn = torch.nn.ModuleDict({"first": torch.nn.LSTM(3, 4, batch_first=True), "second": torch.nn.GRU(4, 2, batch_first=True)})
    s = torch.randn(2, 6, 3, generator=generator)
    write(
        "import",
        {
            "cases": {
                "cnn": case(cnn, {"0": "stem", "1": "norm", "2": "each", "3": "up"}, x.permute(last), cnn(x).permute(last)),
                "mlp": case(mlp, {"0": "0", "1": "2"}, v, mlp(v)),
                "block": case(block, {"inner.0": "norm", "inner.1": "heed"}, t, t + block["heed"](n, n, n)[0]),
                "rnn": case(rnn, {"0": "first", "1": "second"}, s, rnn["second"](rnn["first"](s)[0])[0]),
            }
        },
    )


activations()
mlp()
cross_entropy()
optimizers()
normalization()
attention()
random()
halves()
imported()
