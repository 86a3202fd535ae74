"""Draws of whole groups: rows of one group are never in two parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.drawing import Drawing, Entropy, Rows, state
from hpsearch.data.folds import Folds
from hpsearch.errors import DataError, quoted

_ATTEMPTS = 50  # draws of which the one nearest to the shares is taken


class GroupDrawing(Drawing):
    """Draws of groups at random, in parts of about the size asked for, stratified by class as far as groups allow."""

    def part(self, rows: Rows, y: NDArray[Any], key: str, share: float | int, entropy: Entropy) -> tuple[Rows, Rows]:
        """Draw whole groups with about as many rows as the share; return the remaining and the drawn rows.

        Several orders of the groups are drawn. Of each, the first groups whose rows come nearest to the share are
        taken; of these draws, the one whose numbers of rows of each class come nearest. Rows are in random order.

        Raises
        ------
        DataError
            If no draw has rows of every class in both parts.
        """
        self.check_enough(y[rows], key, share)
        groups, places = np.unique(self._groups[rows], return_inverse=True)
        if len(groups) < 2:
            raise DataError(f"{self.dataset.name}: {key} = {share} needs at least 2 groups to draw from, got 1")
        columns = y[rows] if self.dataset.class_names else np.zeros(len(rows), int)
        sizes = np.zeros((len(groups), int(columns.max()) + 1), int)  # rows of each group and class
        np.add.at(sizes, (places, columns), 1)
        sizes = sizes[:, sizes.any(axis=0)]
        rng = np.random.default_rng(state(entropy))
        draws = (_first(rng.permutation(len(groups)), sizes, self.count(share)) for _ in range(_ATTEMPTS))
        taken = min(draws, key=lambda groups: self._distance(groups, sizes, self.count(share)))
        if self._lacking(taken, sizes):
            self._refuse(rows, y, f"{key} = {share}", parts=2)
        is_taken = np.isin(places, taken)
        return rng.permutation(rows[~is_taken]), rng.permutation(rows[is_taken])

    def folds(self, rows: Rows, folds: Folds, entropy: Entropy) -> Iterator[tuple[Rows, Rows]]:
        """Yield train and validation rows of each fold, of whole groups.

        Raises
        ------
        DataError
            If there are fewer groups than folds, or a fold can't have rows of every class.
        """
        from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

        kind = StratifiedGroupKFold if self.dataset.class_names else GroupKFold
        y, groups = self.dataset.y[rows], self._groups[rows]
        what = f"{folds.splits} folds"
        if self._fewest_groups(rows)[0] < folds.splits:
            self._refuse(rows, self.dataset.y, what, parts=folds.splits)
        for time in range(folds.times):
            for attempt in range(_ATTEMPTS):
                seed = state((*entropy, time, attempt))
                places = list(kind(folds.splits, shuffle=True, random_state=seed).split(y, y, groups))
                if all(self._is_complete(y, *each) for each in places):
                    break
            else:
                self._refuse(rows, self.dataset.y, what, parts=folds.splits)
            for trained, held_out in places:
                yield rows[trained], rows[held_out]

    @property
    def _groups(self) -> NDArray[np.int64]:
        assert self.dataset.groups is not None
        return self.dataset.groups

    def _distance(self, taken: NDArray[np.intp], sizes: NDArray[np.int_], count: int) -> tuple[int, float]:
        """Return how many classes a part lacks, and by how many rows of each class the draw misses the share."""
        totals = sizes.sum(axis=0)
        missed = np.abs(sizes[taken].sum(axis=0) - count / totals.sum() * totals)
        return self._lacking(taken, sizes), float(missed.sum())

    def _lacking(self, taken: NDArray[np.intp], sizes: NDArray[np.int_]) -> int:
        drawn = sizes[taken].sum(axis=0)
        least = 1 if self.dataset.class_names else 2  # as in `Drawing.least`
        return int(((drawn < least) | (sizes.sum(axis=0) - drawn < least)).sum())

    def _is_complete(self, y: NDArray[Any], trained: NDArray[np.intp], held_out: NDArray[np.intp]) -> bool:
        least = self.least(y)
        count = (lambda part: len(np.unique(part))) if self.dataset.class_names else len
        return count(y[trained]) >= least and count(y[held_out]) >= least

    def _fewest_groups(self, rows: Rows, y: NDArray[Any] | None = None) -> tuple[int, str]:
        """Return the number of groups that have rows of the class with the fewest, and the words for it."""
        y = self.dataset.y if y is None else y
        if not self.dataset.class_names:
            return len(np.unique(self._groups[rows])), "the rows"
        counts = {label: len(np.unique(self._groups[rows][y[rows] == label])) for label in np.unique(y[rows]).tolist()}
        label = min(counts, key=counts.__getitem__)
        return counts[label], f"the rows of class {quoted(self.dataset.class_names[label])}"

    def _refuse(self, rows: Rows, y: NDArray[Any], what: str, *, parts: int) -> None:
        count, whose = self._fewest_groups(rows, y)
        each = "rows of every class" if self.dataset.class_names else "two rows"
        raise DataError(
            f"{self.dataset.name}: {what}: each part needs whole groups with {each}, so at least {parts} groups each,"
            f" and {whose} are in {count}: take fewer folds or another share, add groups, or merge classes"
        )


def _first(order: NDArray[np.intp], sizes: NDArray[np.int_], count: int) -> NDArray[np.intp]:
    """Return the first groups of an order whose rows come nearest to `count`; at least one, and not all."""
    rows = sizes[order].sum(axis=1).cumsum()[:-1]
    return order[: int(np.abs(rows - count).argmin()) + 1]
