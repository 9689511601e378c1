"""Writes test/golden/training.json: losses of 100 steps of a convolutional network and of a transformer, by PyTorch.

Run: /usr/bin/python3 packages/tensor/test/golden/make_training.py   (Debian: python3-torch; a minute)

First weights and examples come from the package's own random numbers (philox.py), so the file holds losses only: in
float64, and how far PyTorch's own float32 run strays from them, which is what rounding grows to.
"""

import numpy
import torch
import torch.nn.functional as F

from make import write
from philox import fold, key, normal

STEPS = 100
BATCHES = 10
WEIGHTS, EXAMPLES = key(71), key(72)


def weight(index, shape, std):
    return torch.from_numpy(normal(fold(WEIGHTS, index), shape, std))


def cnn(dtype):
    """Images of ten noisy templates; weights in the package's order and layout, then turned to PyTorch's."""
    templates = normal(fold(EXAMPLES, 1000), (10, 28, 28, 1))
    labels = torch.arange(64) % 10
    batches = [torch.from_numpy(templates[labels.numpy()] + normal(fold(EXAMPLES, i), (64, 28, 28, 1), 0.5)).to(dtype).permute(0, 3, 1, 2) for i in range(BATCHES)]
    shapes = [((3, 3, 1, 32), 0.3), ((32,), 0.1), ((3, 3, 32, 64), 0.06), ((64,), 0.1), ((1600, 128), 0.025), ((128,), 0.1), ((128, 10), 0.1), ((10,), 0.1)]
    p = [weight(i, *shape).to(dtype).requires_grad_() for i, shape in enumerate(shapes)]
    optimizer = torch.optim.SGD(p, lr=0.005)
    losses = []
    for step in range(STEPS):
        x = batches[step % BATCHES]
        x = F.max_pool2d(F.relu(F.conv2d(x, p[0].permute(3, 2, 0, 1), p[1])), 2)
        x = F.max_pool2d(F.relu(F.conv2d(x, p[2].permute(3, 2, 0, 1), p[3])), 2)
        x = F.relu(x.permute(0, 2, 3, 1).reshape(64, 1600) @ p[4] + p[5])
        loss = F.cross_entropy(x @ p[6] + p[7], labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def transformer(dtype):
    """Four blocks of width 128 and 8 heads over 64 characters of 65; texts are arithmetic progressions."""
    width, heads, length, hidden, vocabulary, batch = 128, 8, 64, 512, 65, 16
    shapes = [((vocabulary, width), 0.5), ((length, width), 0.5)]
    for _ in range(4):
        shapes += [((width,), None), ((width,), 0.0), ((width, 3 * width), 0.06), ((3 * width,), 0.0), ((width, width), 0.06), ((width,), 0.0)]
        shapes += [((width,), None), ((width,), 0.0), ((width, hidden), 0.06), ((hidden,), 0.0), ((hidden, width), 0.04), ((width,), 0.0)]
    shapes += [((width,), None), ((width,), 0.0), ((width, vocabulary), 0.06), ((vocabulary,), 0.0)]
    p = [(torch.ones(shape) if std is None else weight(i, shape, std)).to(dtype).requires_grad_() for i, (shape, std) in enumerate(shapes)]
    assert sum(t.numel() for t in p) == 818241
    mask = torch.full((length, length), float("-inf"), dtype=dtype).triu(1)
    optimizer = torch.optim.AdamW(p, lr=1e-3)
    losses = []
    for step in range(STEPS):
        row = torch.arange(batch).reshape(-1, 1) + batch * (step % BATCHES)
        text = (row * 7 + (row % 5 + 1) * torch.arange(length + 1)) % vocabulary
        x = p[0][text[:, :-1]] + p[1]
        for block in range(4):
            g1, b1, qkv, qkvb, out, outb, g2, b2, w1, c1, w2, c2 = p[2 + 12 * block : 14 + 12 * block]
            z = F.layer_norm(x, (width,), g1, b1)
            q, k, v = [t.reshape(batch, length, heads, -1).transpose(1, 2) for t in (z @ qkv + qkvb).split(width, -1)]
            scores = torch.softmax(q @ k.transpose(-1, -2) / (width / heads) ** 0.5 + mask, -1)
            x = x + (scores @ v).transpose(1, 2).reshape(batch, length, width) @ out + outb
            x = x + F.relu(F.layer_norm(x, (width,), g2, b2) @ w1 + c1) @ w2 + c2
        g, b, w, c = p[-4:]
        logits = F.layer_norm(x, (width,), g, b) @ w + c
        loss = F.cross_entropy(logits.reshape(-1, vocabulary), text[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def curve(train):
    exact = train(torch.float64)
    single = train(torch.float32)
    strayed = numpy.maximum.accumulate(numpy.abs(numpy.array(single) - numpy.array(exact)))
    return {"losses": [float(f"{loss:.9g}") for loss in exact], "strayed": [float(f"{amount:.2g}") for amount in strayed]}


if __name__ == "__main__":
    write("training", {"cnn": curve(cnn), "transformer": curve(transformer)}, script="make_training.py")
