"""Draws of train, validation and test rows, at random and stratified by class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.dataset import Dataset
from hpsearch.data.folds import Folds
from hpsearch.errors import DataError

Rows = NDArray[np.intp]
Entropy = tuple[int, ...]
"""Seed of the study, and numbers that separate the draws."""


class Drawing:
    """Draws of rows that are independent of each other, stratified by class.

    Subclasses draw rows that belong together; none of them depends on a value of the inputs.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def part(self, rows: Rows, y: NDArray[Any], key: str, share: float | int, entropy: Entropy) -> tuple[Rows, Rows]:
        """Draw a fraction of the data set or a number of `rows`; return the remaining and the drawn rows.

        Parameters
        ----------
        y
            Targets by row number.
        key
            "test" or "validation", for messages.

        Raises
        ------
        DataError
            If there are too few rows, or too few rows of a class.
        """
        return self._stratified(rows, y, key, share, entropy)

    def limited(self, rows: Rows, train: int, entropy: Entropy) -> Rows:
        """Return `train` of the training rows, or fewer if less than one row of each class would be left out."""
        y = self.dataset.y
        return self._stratified(rows, y, "train", min(train, len(rows) - self.least(y[rows])), entropy)[1]

    def folds(self, rows: Rows, folds: Folds, entropy: Entropy) -> Iterator[tuple[Rows, Rows]]:
        """Yield train and validation rows of each fold.

        Raises
        ------
        DataError
            If there are more folds than rows to draw from: of each class, or two each for a regression.
        """
        dataset, y = self.dataset, self.dataset.y[rows]
        stratified = bool(dataset.class_names)
        values, sizes = np.unique(y, return_counts=True)
        least, smallest = folds.least(stratified=stratified), int(sizes.min()) if stratified else len(y)
        if smallest < least:
            which = f"of class {dataset.class_names[values[sizes.argmin()]]!r} " if stratified else ""
            raise DataError(
                f"{dataset.name}: {folds.splits} folds need at least {least} rows {which}to draw from, got {smallest}:"
                " take fewer folds"
            )
        for trained, held_out in folds.split(y, state(entropy), stratified=stratified):
            yield rows[trained], rows[held_out]

    def count(self, share: float | int) -> int:
        """Return the number of rows of a fraction of the data set, or of a number of rows."""
        return round(share * len(self.dataset.x)) if isinstance(share, float) else share

    def least(self, y: NDArray[Any]) -> int:
        """Return the minimum rows of a part: one per class, or two for regression, as one row has no R²."""
        return len(np.unique(y)) if self.dataset.class_names else 2

    def check_enough(self, y: NDArray[Any], key: str, share: float | int) -> None:
        """Refuse a share that takes or leaves too few of the rows with the targets `y`."""
        count, least = self.count(share), self.least(y)
        where = f"{self.dataset.name}: {key} = {share}"
        reason = "one of each class" if self.dataset.class_names else "for fewer have no R²"
        if count < least:
            raise DataError(f"{where} makes {count} row(s), and at least {least} are needed, {reason}")
        if len(y) - count < least:
            raise DataError(
                f"{where} takes {count} row(s) of the {len(y)} that there are to draw from, and at least {least}"
                f" must be left, {reason}"
            )

    def _stratified(
        self, rows: Rows, y: NDArray[Any], key: str, share: float | int, entropy: Entropy
    ) -> tuple[Rows, Rows]:
        from sklearn.model_selection import train_test_split

        classes = y[rows] if self.dataset.class_names else None
        self.check_enough(y[rows], key, share)
        values, sizes = np.unique(y[rows], return_counts=True)
        if self.dataset.class_names and sizes.min() < 2:
            rare = self.dataset.class_names[values[sizes.argmin()]]
            raise DataError(
                f"{self.dataset.name}: {key} = {share}: class {rare!r} has 1 row to draw from, and 2 are needed to"
                " stratify: add rows of it, merge it with another class, or leave it out"
            )
        rest, sample = train_test_split(
            rows, test_size=self.count(share), random_state=state(entropy), stratify=classes
        )
        return rest, sample


def state(entropy: Entropy) -> int:
    """Return the 32-bit seed of a draw."""
    seed, *stream = (int(number) for number in entropy)
    return int(np.random.SeedSequence(seed, spawn_key=stream).generate_state(1)[0])
