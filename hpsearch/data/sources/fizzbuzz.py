"""FizzBuzz as a classification task: numbers as bits, four classes."""

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.dataset import Dataset

BITS = 10
ANSWERS = ("number", "fizz", "buzz", "fizzbuzz")


def load_fizzbuzz() -> Dataset:
    """Return the numbers 101 .. 1023 for training, with 1 .. 100 as the official test set.

    A row contains the bits of its number n, least significant first. Its label is 1 if 3 divides n, plus 2 if 5 does,
    so the classes are number, fizz, buzz, fizzbuzz.

    Sources: Joel Grus, "Fizz Buzz in Tensorflow"; Hung-yi Lee, "Tips for training DNN" (same order of classes).
    """
    return Dataset(
        name="fizzbuzz",
        x=_bits(np.arange(101, 2**BITS)),
        y=_answers(np.arange(101, 2**BITS)),
        task="classification",
        feature_names=tuple(f"bit_{bit}" for bit in range(BITS)),
        class_names=ANSWERS,
        test=(_bits(np.arange(1, 101)), _answers(np.arange(1, 101))),
    )


def _bits(numbers: NDArray[np.int64]) -> NDArray[np.float32]:
    return (numbers[:, np.newaxis] >> np.arange(BITS) & 1).astype(np.float32)


def _answers(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    labels: NDArray[np.int64] = (numbers % 3 == 0).astype(np.int64) + 2 * (numbers % 5 == 0)
    return labels
