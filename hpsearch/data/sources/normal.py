"""Random normal inputs with random labels, for statistics of initial networks."""

import numpy as np

from hpsearch.data.dataset import Dataset

CLASSES = 10
ROWS, INPUTS = 1_000, 100
_SEED = 0


def load_normal(rows: int | None, inputs: int | None) -> Dataset:
    """Return independent standard normal inputs, and labels of 10 classes that do not depend on them.

    The same sizes give the same data; repeats of a study differ in their splits and their networks. All rows are split:
    there is no official test set.

    Parameters
    ----------
    rows, inputs
        Number of rows and of columns; None: 1,000 and 100, as in *Deep Learning from Scratch*, section 6.2.2.
    """
    rows, inputs = ROWS if rows is None else rows, INPUTS if inputs is None else inputs
    rng = np.random.default_rng(_SEED)
    return Dataset(
        name="normal",
        x=rng.standard_normal((rows, inputs), dtype=np.float32),
        y=rng.integers(CLASSES, size=rows),
        task="classification",
        feature_names=tuple(f"input_{column}" for column in range(inputs)),
        class_names=tuple(map(str, range(CLASSES))),
    )
