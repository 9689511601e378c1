"""Writes test/golden/schedules.json: rates of PyTorch's schedulers, which the schedules of the same kind must give.

Run: /usr/bin/python3 packages/tensor/test/golden/make_schedules.py   (Debian: python3-torch)
"""

import torch
from torch.optim import lr_scheduler as schedulers

from make import write

RATE = 0.1
STEPS = 60

# Name of ours, its arguments, PyTorch's scheduler and its arguments.
ROWS = [
    ("constant", [RATE], "LambdaLR", {"lr_lambda": lambda step: 1.0}),
    ("linear", [0.02, RATE, 20], "LinearLR", {"start_factor": 0.2, "end_factor": 1.0, "total_iters": 20}),
    ("polynomial", [RATE, 0, 40, {"power": 2.5}], "PolynomialLR", {"total_iters": 40, "power": 2.5}),
    ("cosine", [RATE, STEPS, {"end": 0.01}], "CosineAnnealingLR", {"T_max": STEPS, "eta_min": 0.01}),
    ("cosineRestarts", [RATE, 10, {"end": 0.001}], "CosineAnnealingWarmRestarts", {"T_0": 10, "eta_min": 0.001}),
    ("cosineRestarts", [RATE, 5, {"growth": 3}], "CosineAnnealingWarmRestarts", {"T_0": 5, "T_mult": 3}),
    ("exponential", [RATE, 0.93], "ExponentialLR", {"gamma": 0.93}),
    ("exponential", [RATE, 0.3, {"every": 7, "staircase": True}], "StepLR", {"step_size": 7, "gamma": 0.3}),
    ("piecewise", [RATE, [5, 6, 40], 0.2], "MultiStepLR", {"milestones": [5, 6, 40], "gamma": 0.2}),
    ("oneCycle", [RATE, STEPS], "OneCycleLR", {"max_lr": RATE, "total_steps": STEPS}),
    ("oneCycle", [RATE, STEPS, {"rise": 0.12, "start": 5, "end": 300}], "OneCycleLR", {"max_lr": RATE, "total_steps": STEPS, "pct_start": 0.12, "div_factor": 5, "final_div_factor": 300}),
]


def rates(kind, options):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE, momentum=0.9)
    scheduler = getattr(schedulers, kind)(optimizer, **options)
    values = []
    for _ in range(STEPS):
        values.append(float(f"{optimizer.param_groups[0]['lr']:.12g}"))
        optimizer.step()
        scheduler.step()
    return values


if __name__ == "__main__":
    rows = [{"name": name, "arguments": ours, "scheduler": kind, "rates": rates(kind, theirs)} for name, ours, kind, theirs in ROWS]
    write("schedules", {"rows": rows}, script="make_schedules.py")
