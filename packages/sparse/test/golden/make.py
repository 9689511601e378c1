"""Golden values that other programs give: GraSP's scores by PyTorch's exact second derivatives, and compressed sparse rows by scipy.

Run with python3 and PyTorch 1.13, scipy 1.10:  python3 packages/sparse/test/golden/make.py
"""

import base64
import io
import json
import os

import numpy
import scipy
import scipy.sparse
import torch

here = os.path.dirname(os.path.abspath(__file__))


def numbers(count, seed):
    """The same numbers in Python and TypeScript: a linear congruential generator, uniform in -1 to 1."""
    values = []
    state = seed
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        values.append(state / 2**30 - 1)
    return values


def grasp():
    inputs, hidden, classes, batch, temperature = 6, 8, 3, 10, 2.0
    w1 = torch.tensor(numbers(hidden * inputs, 1), dtype=torch.float64).reshape(hidden, inputs).requires_grad_()
    w2 = torch.tensor(numbers(classes * hidden, 2), dtype=torch.float64).reshape(classes, hidden).requires_grad_()
    x = torch.tensor(numbers(batch * inputs, 3), dtype=torch.float64).reshape(batch, inputs)
    y = torch.tensor([i % classes for i in range(batch)])
    loss = torch.nn.functional.cross_entropy(torch.tanh(x @ w1.T) @ w2.T / temperature, y)
    gradients = torch.autograd.grad(loss, [w1, w2], create_graph=True)
    flow = sum((gradient.detach() * gradient).sum() for gradient in gradients)
    products = torch.autograd.grad(flow, [w1, w2])
    return {
        "sizes": [inputs, hidden, classes],
        "batch": batch,
        "temperature": temperature,
        "scores": [(w * h).detach().flatten().tolist() for w, h in zip([w1, w2], products)],
    }


def npz(matrix, compressed):
    buffer = io.BytesIO()
    scipy.sparse.save_npz(buffer, matrix, compressed=compressed)
    return base64.b64encode(buffer.getvalue()).decode()


def matrices():
    dense = numpy.array([[0, 1.5, 0, -2], [0, 0, 0, 0], [3, 0, 0.25, 0]], dtype=numpy.float32)
    csr = scipy.sparse.csr_matrix(dense)
    unsorted = scipy.sparse.csr_matrix(
        (numpy.array([2, 1, 5, 4], dtype=numpy.float64), numpy.array([3, 0, 1, 1]), numpy.array([0, 2, 2, 4])), shape=(3, 4)
    )
    return {
        "dense": dense.tolist(),
        "csr": npz(csr, True),
        "stored": npz(csr, False),
        "coo": npz(csr.tocoo(), True),
        "csc": npz(csr.tocsc(), True),
        # float64, int64, columns out of order and one repeated: [[1, 0, 0, 2], [0, 0, 0, 0], [0, 9, 0, 0]].
        "unsorted": npz(unsorted, True),
    }


golden = {
    "made": f"test/golden/make.py, torch {torch.__version__}, scipy {scipy.__version__}",
    "grasp": grasp(),
    "npz": matrices(),
}
with open(os.path.join(here, "golden.json"), "w", encoding="utf-8") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
