"""Write pytorch_trajectories.json: twelve steps of PyTorch's optimizers, as reference for the tests.

    python tests/nn/make_pytorch_trajectories.py        (needs torch; last written with torch 2.13.0)

f(x, y) = x² / 20 + y² from (-7, 2), in float64, learning rate 0.1, all other constants those of `Hyperparameters`.
PyTorch's adagrad has another epsilon by default; its momentum keeps the rate out of the velocity, which makes no
difference at a constant rate.
"""

import json
from pathlib import Path

import torch

from hpsearch.nn import Hyperparameters

STEPS = 12
SETTINGS = Hyperparameters()
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=SETTINGS.momentum),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=SETTINGS.momentum, nesterov=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.1, eps=SETTINGS.epsilon),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.1, alpha=SETTINGS.rho, eps=SETTINGS.epsilon),
    "adam": lambda p: torch.optim.Adam(p, lr=0.1, betas=(SETTINGS.beta_1, SETTINGS.beta_2), eps=SETTINGS.epsilon),
    "adamw": lambda p: torch.optim.AdamW(
        p, lr=0.1, betas=(SETTINGS.beta_1, SETTINGS.beta_2), eps=SETTINGS.epsilon, weight_decay=0.05
    ),
}


def trajectory(name: str) -> list[list[float]]:
    point = torch.tensor([-7.0, 2.0], dtype=torch.float64, requires_grad=True)
    optimizer = OPTIMIZERS[name]([point])
    points = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        (point[0] ** 2 / 20 + point[1] ** 2).backward()
        optimizer.step()
        points.append(point.tolist())
    return points


if __name__ == "__main__":
    file = Path(__file__).with_name("pytorch_trajectories.json")
    file.write_text(json.dumps({name: trajectory(name) for name in OPTIMIZERS}, indent=1) + "\n")
