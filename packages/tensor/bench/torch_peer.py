"""The native peer of the benches: PyTorch, doing one product or one training step for each line on standard input."""
import sys

import torch
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


print("ready", flush=True)
for line in sys.stdin:
    name, *numbers = line.split()
    {"step": step, "matmul": matmul}[name](*map(int, numbers))
    print("done", flush=True)
