"""The native peer of the benches: PyTorch, doing once what each line on standard input says."""
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
sizes = [(784, 1024), (1024, 1024), (1024, 10)]
weights = [(torch.randn(a, b) * a**-0.5).requires_grad_() for a, b in sizes]
biases = [torch.zeros(b).requires_grad_() for _, b in sizes]
images, labels = torch.randn(128, 784), torch.arange(128) % 10
optimizer = torch.optim.SGD(weights + biases, lr=0.01)
operands = {}


def step():
    optimizer.zero_grad(set_to_none=True)
    hidden = images
    for index, (weight, bias) in enumerate(zip(weights, biases)):
        hidden = torch.addmm(bias, hidden, weight)
        if index < 2:
            hidden = hidden.relu()
    F.cross_entropy(hidden, labels).backward()
    optimizer.step()


def matmul(size):
    if size not in operands:
        operands[size] = torch.randn(size, size), torch.randn(size, size)
    left, right = operands[size]
    left @ right


def once(make):
    """What `make` gives, made at the first call."""
    made = []

    def get(*args):
        if not made:
            made.append(make(*args))
        return made[0]

    return get


@once
def convolutional():
    net = nn.Sequential(
        *[nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10)],
    )
    return net, torch.optim.SGD(net.parameters(), lr=0.01), torch.randn(64, 1, 28, 28), torch.arange(64) % 10


class Block(nn.Module):
    def __init__(self, width=128, heads=8):
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.dense = nn.Sequential(nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width))

    def forward(self, x, mask):
        z = self.norms[0](x)
        x = x + self.attention(z, z, z, attn_mask=mask, need_weights=False)[0]
        return x + self.dense(self.norms[1](x))


class Characters(nn.Module):
    """818,241 parameters."""

    def __init__(self, symbols=65, width=128, length=64):
        super().__init__()
        self.symbols, self.places = nn.Embedding(symbols, width), nn.Embedding(length, width)
        self.blocks = nn.ModuleList([Block() for _ in range(4)])
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, symbols)
        self.register_buffer("mask", torch.triu(torch.full((length, length), float("-inf")), 1))

    def forward(self, ids):
        x = self.symbols(ids) + self.places(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x, self.mask)
        return self.out(self.norm(x))


@once
def characters():
    net = Characters()
    return net, torch.optim.AdamW(net.parameters(), 1e-3), torch.randint(0, 65, (16, 64)), torch.randint(0, 65, (16, 64))


def train(net, optimizer, x, y):
    optimizer.zero_grad()
    output = net(x)
    F.cross_entropy(output.flatten(0, -2), y.flatten()).backward()
    optimizer.step()


@once
def heads_of(heads, length, depth):
    return [torch.randn(heads, length, depth).requires_grad_() for _ in range(3)], torch.randn(heads, length, depth)


def attention(heads, length, depth):
    (q, k, v), dy = heads_of(heads, length, depth)
    (torch.softmax(q @ k.transpose(1, 2) * depth**-0.5, -1) @ v).backward(dy)


@once
def table_of(rows, width, ids):
    return torch.randn(rows, width).requires_grad_(), torch.randint(0, rows, (ids,)), torch.randn(ids, width)


def embedding(rows, width, ids):
    table, chosen, dy = table_of(rows, width, ids)
    table.grad = None
    F.embedding(chosen, table).backward(dy)


tasks = {
    "step": step,
    "matmul": matmul,
    "cnn": lambda: train(*convolutional()),
    "transformer": lambda: train(*characters()),
    "attention": attention,
    "embedding": embedding,
}

print("ready", flush=True)
for line in sys.stdin:
    name, *numbers = line.split()
    tasks[name](*map(int, numbers))
    print("done", flush=True)
