"""Parts of rows in the order of time: a model is judged on later rows than it was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.drawing import Drawing, Entropy, Rows
from hpsearch.data.folds import Folds
from hpsearch.errors import DataError, UsageError, quoted


class TimeDrawing(Drawing):
    """Parts by time, which are the same for all seeds and repeats; rows of one time are never in two parts.

    Test rows are the latest, validation rows the latest of the rest. Remaining rows are returned from the latest to the
    oldest, so that a limit on their number keeps the latest.
    """

    def part(self, rows: Rows, y: NDArray[Any], key: str, share: float | int, entropy: Entropy) -> tuple[Rows, Rows]:
        """Return the remaining rows, and the latest ones; the seed has no effect.

        The cut is where a new time begins, as near to the share as possible; of two as near, the earlier one.

        Raises
        ------
        DataError
            If all rows have the same time, or a part has no rows of a class.
        """
        self.check_enough(y[rows], key, share)
        latest_first = np.lexsort((rows, self._times[rows]))[::-1]
        times = self._times[rows][latest_first]
        cuts = np.flatnonzero(np.diff(times)) + 1
        where = f"{key} = {share}"
        if not len(cuts):
            raise DataError(f"{self.dataset.name}: {where} needs rows of at least 2 times to cut between, got 1")
        cut = int(cuts[::-1][np.abs(cuts[::-1] - self.count(share)).argmin()])
        sample, rest = rows[latest_first[:cut]], rows[latest_first[cut:]]
        self._check_parts(
            y[rows], {f"the {cut} latest row(s)": y[sample], f"the {len(rest)} earlier row(s)": y[rest]}, where
        )
        return rest, sample

    def limited(self, rows: Rows, train: int, entropy: Entropy) -> Rows:
        """Return the latest `train` training rows.

        Raises
        ------
        DataError
            If they have no rows of a class.
        """
        latest = rows[np.lexsort((rows, self._times[rows]))[::-1][:train]]
        y = self.dataset.y
        self._check_parts(y[rows], {f"the {train} latest training row(s)": y[latest]}, f"train = {train}")
        return latest

    def folds(self, rows: Rows, folds: Folds, entropy: Entropy) -> Iterator[tuple[Rows, Rows]]:
        """Yield train and validation rows of each fold: windows that begin with the first time, and the times after.

        Windows are of times, not of rows: each fold has as many different times as the next.

        Raises
        ------
        UsageError
            If the folds are to be drawn more than once.
        DataError
            If there are too few times, or a part has no rows of a class.
        """
        from sklearn.model_selection import TimeSeriesSplit

        if folds.times > 1:
            raise UsageError(repeated(folds))
        times, places = np.unique(self._times[rows], return_inverse=True)
        if len(times) <= folds.splits:
            raise DataError(
                f"{self.dataset.name}: {folds.splits} folds by time need rows of at least {folds.splits + 1} different"
                f" times besides the test rows, got {len(times)}: take fewer folds"
            )
        latest_first = np.lexsort((rows, self._times[rows]))[::-1]
        rows, places = rows[latest_first], places[latest_first]
        for number, (trained, held_out) in enumerate(TimeSeriesSplit(folds.splits).split(times), 1):
            parts = rows[np.isin(places, trained)], rows[np.isin(places, held_out)]
            y = self.dataset.y
            targets = {"its training rows": y[parts[0]], "its validation rows": y[parts[1]]}
            self._check_parts(y[rows], targets, f"fold {number} of {folds.splits}")
            yield parts

    @property
    def _times(self) -> NDArray[np.float64]:
        assert self.dataset.order is not None
        return self.dataset.order

    def _check_parts(self, y: NDArray[Any], parts: dict[str, NDArray[Any]], where: str) -> None:
        """Refuse a part without rows of a class, or of fewer than two rows for a regression."""
        for what, part in parts.items():
            if not self.dataset.class_names:
                if len(part) < self.least(y):
                    raise DataError(
                        f"{self.dataset.name}: {where}: {what} by time are too few, for fewer than 2 have no R²: take"
                        " another share, or fewer folds"
                    )
                continue
            missing = np.setdiff1d(y, part)
            if len(missing):
                raise DataError(
                    f"{self.dataset.name}: {where}: {what} by time have none of class"
                    f" {quoted(self.dataset.class_names[missing[0]])}, and each part needs all classes: take another"
                    " share, fewer folds, or merge the class with another"
                )


def repeated(folds: Folds) -> str:
    """Return the message that refuses folds by time that are drawn several times."""
    return (
        f"validation: folds by time are the same each time they are drawn, so that {folds.times} times bring nothing:"
        f' write "{folds.splits}-fold"'
    )
