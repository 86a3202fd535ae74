"""How fast the network trains: against its matrix products alone, scikit-learn's MLP, and PyTorch on the CPU.

    python -m tests.benchmarks.benchmark_nn [--rounds N]

Prints a table in Markdown. All contenders of a case train on the same rows, in one run, on one thread, and take turns
round by round; what is measured is processor time, which other programs disturb less than the clock's. Each time is a
median over the rounds. So is each ratio: of two times of one round, so that what slows the machine down for seconds
slows both; ± is the median's standard error (bootstrap). Floor: the case's matrix products (forward, backward,
evaluation) and nothing else, with `numpy.matmul` into arrays that were allocated before. MNIST is read from the folder
that the environment variable HPSEARCH_DATA names; without it, random numbers of its shape take its place.
"""

import argparse
import gzip
import importlib.util
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from hpsearch.nn import Hyperparameters, Network, Training

Array = NDArray[np.float32]
Labels = NDArray[np.int64]
Seconds = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A network, its training, and the rows it trains on and is evaluated on after each epoch."""

    name: str
    x: Array
    y: Labels
    validation: tuple[Array, Labels] | None
    hyperparameters: Hyperparameters
    targets: dict[str, float]
    """Contender → ratio to reach: at most so many times the floor's time, at least so many times as fast as others."""

    @property
    def widths(self) -> list[int]:
        return [self.x.shape[1], *self.hyperparameters.hidden_layer_sizes, 10]

    @property
    def evaluates_training(self) -> bool:
        return self.hyperparameters.train_metrics == "exact"


# --- The contenders: each returns a function that trains once, from the beginning -------------------------------------


def ours(case: Case) -> Callable[[], object]:
    def train() -> object:
        rng = np.random.default_rng(0)
        network = Network(case.x.shape[1], 10, case.hyperparameters, loss="cross_entropy", rng=rng)
        return list(Training(network, case.hyperparameters, case.x, case.y, validation=case.validation, rng=rng))

    return train


def floor(case: Case) -> Callable[[], object]:
    """The matrix products of the same steps: three a layer and batch, two for the first layer, one in evaluation."""
    settings, rng = case.hyperparameters, np.random.default_rng(0)
    weights = [rng.standard_normal(shape, np.float32) * np.float32(shape[0] ** -0.5) for shape in pairwise(case.widths)]
    gradients = [np.empty_like(w) for w in weights]
    evaluated = ([case.validation[0]] if case.validation else []) + [case.x] * case.evaluates_training
    chunk = Network(case.x.shape[1], 10, settings, loss="cross_entropy", rng=rng).chunk
    rows = max([settings.batch_size, *(min(chunk, len(x)) for x in evaluated)])
    outputs = [rng.standard_normal((rows, width), np.float32) for width in case.widths]
    backwards = [rng.standard_normal((settings.batch_size, width), np.float32) for width in case.widths]

    def forward(x: Array) -> None:
        for layer, weight in enumerate(weights):
            np.matmul(x, weight, out=outputs[layer + 1][: len(x)])
            x = outputs[layer + 1][: len(x)]

    def backward(x: Array) -> None:
        rows = len(x)
        for layer in reversed(range(len(weights))):
            inputs = outputs[layer][:rows] if layer else x
            np.matmul(inputs.T, backwards[layer + 1][:rows], out=gradients[layer])
            if layer:
                np.matmul(backwards[layer + 1][:rows], weights[layer].T, out=backwards[layer][:rows])

    def train() -> object:
        for _ in range(settings.epochs):
            for start in range(0, len(case.x), settings.batch_size):
                batch = case.x[start : start + settings.batch_size]
                forward(batch)
                backward(batch)
            for x in evaluated:
                for start in range(0, len(x), chunk):
                    forward(x[start : start + chunk])
        return gradients

    return train


def scikit_learn(case: Case) -> Callable[[], object]:
    """Without any evaluation: it can't evaluate rows of one's own between its epochs, and none is asked of it."""
    settings = case.hyperparameters
    model = MLPClassifier(
        settings.hidden_layer_sizes,
        solver=settings.optimizer,
        alpha=0.0,
        batch_size=min(settings.batch_size, len(case.x)),
        learning_rate_init=settings.learning_rate,
        momentum=0.0,
        max_iter=settings.epochs,
        n_iter_no_change=settings.epochs + 1,
        random_state=0,
    )

    def train() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(case.x, case.y)

    return train


def pytorch(case: Case) -> Callable[[], object]:
    """The plain loop, on tensors that lie ready, with the fused optimizers."""
    import torch

    torch.set_num_threads(1)
    settings = case.hyperparameters
    optimizer_class = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[settings.optimizer]
    x, y = torch.from_numpy(case.x), torch.from_numpy(case.y)
    evaluated = [tuple(map(torch.from_numpy, case.validation))] if case.validation else []
    evaluated += [(x, y)] * case.evaluates_training
    criterion = torch.nn.CrossEntropyLoss()

    def train() -> object:
        torch.manual_seed(0)
        layers = [layer for shape in pairwise(case.widths) for layer in (torch.nn.Linear(*shape), torch.nn.ReLU())]
        network = torch.nn.Sequential(*layers[:-1])
        optimizer = optimizer_class(network.parameters(), lr=settings.learning_rate, fused=True)
        curve = []
        for _ in range(settings.epochs):
            for chosen in torch.randperm(len(x)).split(settings.batch_size):
                optimizer.zero_grad()
                criterion(network(x[chosen]), y[chosen]).backward()
                optimizer.step()
            with torch.no_grad():
                for inputs, labels in evaluated:
                    outputs = network(inputs)
                    loss, right = criterion(outputs, labels), outputs.argmax(1) == labels
                    curve.append((loss.item(), right.float().mean().item()))
        return curve

    return train


# --- Cases ------------------------------------------------------------------------------------------------------------


def cases() -> list[Case]:
    images, labels = mnist_or_random()
    digits, digit_labels = load_digits(return_X_y=True)
    small = np.asarray(digits[:1437] / 16, np.float32), digit_labels[:1437]
    wide = Hyperparameters(hidden_layer_sizes=(512, 512), batch_size=128, epochs=10)
    return [
        Case(
            "chapter: 784 – 6 × 100 – 10, batch 100, SGD, 400 images, 50 epochs, evaluates 400 + 100 rows after each",
            images[:400],
            labels[:400],
            (images[400:500], labels[400:500]),
            Hyperparameters(
                hidden_layer_sizes=(100,) * 6,
                optimizer="sgd",
                learning_rate=0.01,
                batch_size=100,
                epochs=50,
                train_metrics="exact",
            ),
            {"floor": 1.25, "PyTorch": 1.5},
        ),
        Case(
            "small: 64 – 50 – 10, batch 32, SGD, 1,437 digits, 5 epochs, gathers the training accuracy",
            *small,
            None,
            Hyperparameters(hidden_layer_sizes=(50,), batch_size=32, epochs=5, optimizer="sgd", learning_rate=0.1),
            {"scikit-learn": 4.5},
        ),
        Case(
            "the same with Adam",
            *small,
            None,
            Hyperparameters(hidden_layer_sizes=(50,), batch_size=32, epochs=5),
            {},
        ),
        Case(
            "wide: 784 – 512 – 512 – 10, batch 128, Adam, 2,560 images, 10 epochs, evaluates 2,560 + 440 after each",
            images[:2560],
            labels[:2560],
            (images[2560:], labels[2560:]),
            replace(wide, train_metrics="exact"),
            {"floor": 1.25},
        ),
        Case(
            "wide, but gathers the training accuracy and evaluates nothing",
            images[:2560],
            labels[:2560],
            None,
            wide,
            {},
        ),
    ]


def mnist_or_random() -> tuple[Array, Labels]:
    """3,000 images (rows, 784) and their labels, or random numbers of that shape, which is said on standard error."""
    folder = Path(os.environ.get("HPSEARCH_DATA", ""))
    for path in (folder, folder / "mnist"):
        if os.environ.get("HPSEARCH_DATA") and (path / "train-images-idx3-ubyte.gz").is_file():
            with gzip.open(path / "train-images-idx3-ubyte.gz") as file:
                pixels = np.frombuffer(file.read(16 + 3000 * 784), np.uint8, offset=16).reshape(3000, 784)
            with gzip.open(path / "train-labels-idx1-ubyte.gz") as file:
                labels = np.frombuffer(file.read(8 + 3000), np.uint8, offset=8)
            return np.divide(pixels, 255, dtype=np.float32), labels.astype(np.int64)
    print("HPSEARCH_DATA names no folder with MNIST: random images instead", file=sys.stderr)
    rng = np.random.default_rng(0)
    return rng.random((3000, 784), np.float32), rng.integers(0, 10, 3000)


# --- Measuring --------------------------------------------------------------------------------------------------------


def measure(contenders: dict[str, Callable[[], object]], rounds: int) -> dict[str, Seconds]:
    """Seconds of processor time of each contender in each round, after a round that isn't counted."""
    seconds: dict[str, Seconds] = {name: np.empty(rounds) for name in contenders}
    for number in range(-1, rounds):
        if sys.stderr.isatty():
            print(f"\rround {number + 1} of {rounds} ", end="", file=sys.stderr, flush=True)
        for name, train in contenders.items():
            start = time.process_time()
            train()
            seconds[name][number] = time.process_time() - start  # the uncounted round's is overwritten by the last
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr, flush=True)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=41, metavar="N", help="how often each contender trains")
    rounds = parser.parse_args().rounds
    makers = {"hpsearch": ours, "floor": floor, "scikit-learn": scikit_learn}
    if importlib.util.find_spec("torch"):
        makers["PyTorch"] = pytorch
    print(head(list(makers)))
    with threadpool_limits(1):
        for case in cases():
            seconds = measure({name: make(case) for name, make in makers.items()}, rounds)
            milliseconds = [f"{1000 * np.median(values):.1f} ms" for values in seconds.values()]
            print(f"| {' | '.join([case.name, *milliseconds, *ratios(case, seconds)])} |", flush=True)
    names = [name for name in ("numpy", "scikit-learn", "torch") if name != "torch" or "PyTorch" in makers]
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    python = platform.python_version()
    print(f"\nMedians of the processor time of {rounds} rounds on one thread; Python {python}, {versions}.")


def head(contenders: list[str]) -> str:
    """The table's first two lines: a column for each contender's time, and one for each ratio to the first's."""
    ratios = ["times the floor", *(f"times as fast as {name}" for name in contenders[2:])]
    cells = ["case", *contenders, *ratios]
    return f"| {' | '.join(cells)} |\n| --- |{' ---: |' * (len(cells) - 1)}"


def ratios(case: Case, seconds: dict[str, Seconds]) -> list[str]:
    """Ours / floor, then each other's / ours, with standard errors; where there is a mark to reach, with the mark."""
    mine = seconds["hpsearch"]
    cells = []
    for name, theirs in list(seconds.items())[1:]:
        ratio, sign = (mine / theirs, "≤") if name == "floor" else (theirs / mine, "≥")
        drawn = np.random.default_rng(0).choice(ratio, (1000, len(ratio)))
        told = f"{np.median(ratio):.2f} ± {np.median(drawn, axis=1).std():.2f}"
        cells.append(told + (f" ({sign} {case.targets[name]:g})" if name in case.targets else ""))
    return cells


if __name__ == "__main__":
    main()
