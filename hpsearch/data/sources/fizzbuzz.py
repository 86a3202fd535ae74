"""FizzBuzz as a problem of learning: numbers as bits, four answers."""

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.dataset import Dataset

BITS = 10
ANSWERS = ("number", "fizz", "buzz", "fizzbuzz")


def load_fizzbuzz() -> Dataset:
    """The numbers 101 .. 1023 to learn from, 1 .. 100 as the official test set.

    Row n holds the bits of n, the least first; its label is 1 if 3 divides n, plus 2 if 5 does: the classes
    number, fizz, buzz, fizzbuzz. From Joel Grus, "Fizz Buzz in Tensorflow", and Hung-yi Lee, "Tips for
    training DNN", which order the classes alike.
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
