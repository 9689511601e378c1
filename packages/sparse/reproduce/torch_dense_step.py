"""The native peer of speed.ts: PyTorch doing one dense training step of 784-1000-1000-1000-10 for each line on standard input."""
import sys

import torch
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
sizes = [784, 1000, 1000, 1000, 10]
net = torch.nn.Sequential(*[part for a, b in zip(sizes, sizes[1:]) for part in (torch.nn.Linear(a, b), torch.nn.ReLU())][:-1])
images, labels = torch.randn(128, 784), torch.arange(128) % 10
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
print("ready", flush=True)
for _ in sys.stdin:
    optimizer.zero_grad(set_to_none=True)
    F.cross_entropy(net(images), labels).backward()
    optimizer.step()
    print("done", flush=True)
