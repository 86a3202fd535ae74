"""Row numbers of each step's batch."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np

from hpsearch.nn.arrays import Array

_NONE: Array = np.empty(0, np.int64)


class Batches:
    """Row numbers of successive batches: each epoch shuffles the rows, or draws them with replacement.

    Without replacement, an epoch takes each row once, and its last batch has the remaining rows. With replacement,
    every batch has `batch_size` rows, drawn independently, as in *Deep Learning from Scratch*, section 4.5. In both
    cases, a `batch_size` above the number of rows means that number, and an epoch has ceil(rows / batch_size) batches.

    Call `resize` before the first `next`.

    Parameters
    ----------
    rng
        Draws the order of an epoch when its first batch is taken, and nothing in between.
    """

    def __init__(self, batch_size: int, *, replacement: bool, rng: np.random.Generator) -> None:
        self._largest, self._replacement, self._rng = batch_size, replacement, rng
        self._n_rows, self._batch_size = 0, batch_size
        self._order, self._start = _NONE, 0

    def resize(self, n_rows: int) -> None:
        """Set the number of rows to draw from; another one than before begins a new epoch."""
        if n_rows != self._n_rows:
            self._n_rows, self._batch_size = n_rows, min(self._largest, n_rows)
            self._order, self._start = _NONE, 0

    def __len__(self) -> int:
        """Return the number of batches of an epoch."""
        return (self._n_rows + self._batch_size - 1) // self._batch_size

    def next(self) -> Array:
        """Return the row numbers of the next batch, shape (rows of the batch,)."""
        start = self._start
        if start >= len(self._order):
            self._order, start = self._draw_order(), 0
        self._start = start + self._batch_size
        return self._order[start : self._start]

    def first_order(self) -> Array:
        """Return the first row numbers of the next epoch, int64 of shape (n_rows,), without advancing the generator."""
        return deepcopy(self)._draw_order()[: self._n_rows].astype(np.int64, copy=False)

    def _draw_order(self) -> Array:
        if self._replacement:
            return self._rng.integers(self._n_rows, size=len(self) * self._batch_size)
        return self._rng.permutation(self._n_rows)

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes without the order of an epoch that is over."""
        is_over = self._start >= len(self._order)
        return self.__dict__ | ({"_order": _NONE, "_start": 0} if is_over else {})
