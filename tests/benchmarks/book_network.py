"""The chapter's network as a straight loop in float64, as its book would write it: layers, dictionaries, no more.

    python -m tests.benchmarks.book_network SEEDS TRIALS

Searches like ``chapter.toml``, once for each of the seeds, on the same number of images: 784 – 6 × 100 – 10, 50 epochs
of batches of 100 out of 400, drawn with replacement. As in the book, the loss of each batch is evaluated again after
its step, and the accuracy of all training and validation rows after each epoch. Prints the best accuracy.
"""

import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data import DataSettings, load

Array = NDArray[np.float64]

TRAIN, VALIDATION, BATCH, EPOCHS = 400, 100, 100, 50
SIZES = (784, 100, 100, 100, 100, 100, 100, 10)


class Affine:
    def __init__(self, w: Array, b: Array) -> None:
        self.w, self.b = w, b

    def forward(self, x: Array) -> Array:
        self.x = x
        return np.dot(x, self.w) + self.b

    def backward(self, d: Array) -> Array:
        self.dw, self.db = np.dot(self.x.T, d), np.sum(d, axis=0)
        return np.dot(d, self.w.T)


class Relu:
    def forward(self, x: Array) -> Array:
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, d: Array) -> Array:
        d[self.mask] = 0
        return d


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class Net:
    def __init__(self, rng: np.random.Generator, decay: float) -> None:
        self.decay = decay
        self.params: dict[str, Array] = {}
        self.layers: list[Any] = []
        for i, (n, m) in enumerate(pairwise(SIZES)):
            self.params[f"W{i}"] = np.sqrt(2 / n) * rng.standard_normal((n, m))
            self.params[f"b{i}"] = np.zeros(m)
            self.layers += [Affine(self.params[f"W{i}"], self.params[f"b{i}"]), Relu()]
        self.layers.pop()

    def predict(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, x: Array, t: NDArray[Any]) -> float:
        self.y = softmax(self.predict(x))
        penalty = sum(0.5 * self.decay * np.sum(w**2) for name, w in self.params.items() if name[0] == "W")
        return float(-np.sum(np.log(self.y[np.arange(len(t)), t] + 1e-7)) / len(t) + penalty)

    def accuracy(self, x: Array, t: NDArray[Any]) -> float:
        return float(np.mean(self.predict(x).argmax(axis=1) == t))

    def gradient(self, x: Array, t: NDArray[Any]) -> dict[str, Array]:
        self.loss(x, t)
        d = self.y.copy()
        d[np.arange(len(t)), t] -= 1
        d /= len(t)
        for layer in reversed(self.layers):
            d = layer.backward(d)
        gradients = {}
        for i, layer in enumerate(self.layers[::2]):
            gradients[f"W{i}"] = layer.dw + self.decay * layer.w
            gradients[f"b{i}"] = layer.db
        return gradients


def train(x: Array, t: NDArray[Any], learning_rate: float, decay: float, rng: np.random.Generator) -> float:
    """Return the accuracy on the validation rows, the last ones, after the last epoch."""
    net, losses, curve = Net(rng, decay), [], []
    for _ in range(EPOCHS):
        for _ in range(TRAIN // BATCH):
            batch = rng.choice(TRAIN, BATCH)
            gradients = net.gradient(x[batch], t[batch])
            for name, gradient in gradients.items():
                net.params[name] -= learning_rate * gradient
            losses.append(net.loss(x[batch], t[batch]))
        curve.append((net.accuracy(x[:TRAIN], t[:TRAIN]), net.accuracy(x[TRAIN:], t[TRAIN:])))
    return curve[-1][1]


def main() -> None:
    seeds, trials = int(sys.argv[1]), int(sys.argv[2])
    dataset = load(DataSettings(source="mnist"), Path(os.environ["HPSEARCH_DATA"]))
    x, t = dataset.x.astype(np.float64), dataset.y
    best = 0.0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        rows = rng.permutation(len(x))[: TRAIN + VALIDATION]
        for _ in range(trials):
            rate, decay = 10 ** rng.uniform(-6, -2), 10 ** rng.uniform(-8, -4)
            best = max(best, train(x[rows], t[rows], rate, decay, rng))
    print(f"best accuracy {best:.2f}")


if __name__ == "__main__":
    main()
